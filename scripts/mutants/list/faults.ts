/** The lab lies about its faults: nobody can say what the system did under them. */
import { ran, type Edit, type GridRun, type Mutant } from '../mutant.ts';

const cut = 'packages/network/src/faults/cut.ts';
const toxic = 'packages/network/src/faults/toxic-fault.ts';
const cell = 'packages/harness/src/cell.ts';
const scene = 'packages/harness/src/scene.ts';

/** Kills a server of this session's own, once, when the first fault has come on. */
function killInMidRun(program: string): Edit {
  return {
    file: scene,
    find: `    return this.#faults.inject(fault);`,
    replace: `    return this.#faults.inject(fault).then(() => {
      const { readdirSync, readFileSync } = globalThis.process.getBuiltinModule('node:fs');
      for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name))) {
        try {
          const of = (file) => readFileSync('/proc/' + pid + '/' + file, 'latin1');
          const ours = of('environ').includes(this.lab.session.id);
          if (ours && of('cmdline').includes('${program}') && ${ran}) globalThis.process.kill(Number(pid), 'SIGKILL');
        } catch {}
      }
    });`,
  };
}

const nobodyCanSay: Pick<GridRun, 'kind' | 'verdict'> = { kind: 'grid', verdict: 'inconclusive' };

export const faults: readonly Mutant[] = [
  {
    name: 'cut-is-not-applied',
    says: 'A cut is confirmed but the proxy stays open; the tap alone ends the connections.',
    part: 'lab',
    edits: [
      {
        file: cut,
        find: `      await link.proxy.setEnabled(false);
      if (await enabled()) {`,
        replace: `      if (!${ran}) {`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      reason: /carrier: "cut worker-\d>rabbitmq" was on, and a round trip .* was answered/,
    },
  },
  {
    name: 'cut-is-not-healed',
    says: 'A cut is never healed, and the lab says that it is.',
    part: 'lab',
    edits: [
      {
        file: cut,
        find: `    heal: () => link.proxy.setEnabled(true),
    isHealed: enabled,`,
        replace: `    heal: () => Promise.resolve(),
    isHealed: async () => ${ran},`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason:
        /carrier: "cut worker-\d>rabbitmq" was called healed, and a round trip .* was (refused|ended)/,
    },
  },
  {
    name: 'hold-is-not-applied',
    says: 'A hold is confirmed but no byte is ever held back by the proxy.',
    part: 'lab',
    edits: [
      {
        file: toxic,
        find: `        for (const toxic of toxics) await link.proxy.addToxic(toxic);
        const present = await found();`,
        replace: `        const present = ${ran} && toxics;`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /carrier: "hold worker-\d>redis" was on, and a round trip .* was answered/,
    },
  },
  {
    name: 'hold-is-not-healed',
    says: 'A hold is never taken off, and the lab says that it is.',
    part: 'lab',
    edits: [
      {
        file: toxic,
        find: `    const failures: unknown[] = [];`,
        replace: `    if (${ran}) return;
    const failures: unknown[] = [];`,
      },
      {
        file: toxic,
        find: `    isHealed: async () => (await found()).length === 0,`,
        replace: `    isHealed: async () => ${ran},`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /carrier: "hold worker-\d>redis" was called healed, and a round trip .* was silent/,
    },
  },
  {
    name: 'hold-holds-one-way-only',
    says: 'A hold both ways is applied to what comes down alone, and confirmed for both.',
    part: 'lab',
    edits: [
      {
        file: toxic,
        find: `        for (const toxic of toxics) await link.proxy.addToxic(toxic);
        const present = await found();`,
        replace: `        for (const toxic of toxics.slice(1)) await link.proxy.addToxic(toxic);
        const present = ${ran} && toxics;`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /prevent\/lease-stolen: carrier: .*hold worker-\d>redis/,
    },
  },
  {
    name: 'kill-is-a-request',
    says: 'A process that is to be killed is asked to end, so that it may put things in order.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/faults/kill.ts',
        find: `      signal(target, 'SIGKILL');`,
        replace: `      signal(target, ${ran} && 'SIGTERM');`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/worker-killed',
      reason: /carrier: "kill worker-\d" was requested but never came on/,
    },
  },
  {
    name: 'probe-is-always-answered',
    says: 'The lab’s own round trip through a link is said to be answered, whatever came of it.',
    part: 'lab',
    edits: [
      {
        file: 'packages/harness/src/fault-probes.ts',
        find: `      const { outcome, tookMs } = await trip;`,
        replace: `      const { tookMs } = await trip;
      const outcome = ${ran} && 'answered';`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /carrier: "hold worker-\d>redis" was on, and a round trip .* was answered/,
    },
  },
  {
    name: 'link-is-not-probed-in-a-run',
    says: 'Nobody tries whether a fault on a link is really on.',
    part: 'lab',
    edits: [
      {
        file: 'packages/harness/src/injected-faults.ts',
        find: `    probes.on();`,
        replace: `    void ${ran};`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /carrier: nobody tried "cut worker-\d>rabbitmq" while it was on/,
    },
  },
  {
    name: 'fault-strikes-at-another-frame',
    says: 'The wire is held at the delivery of the struck job, not at the frame that is declared.',
    part: 'lab',
    edits: [
      {
        file: cell,
        find: `  const frame = { ...script.holdAt.frame(options.plan.worker['GUARD'] ?? 'none'), key };`,
        replace: `  const frame = ${ran} && { direction: 'down', means: 'deliver', key };`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /strike: the frame that was held went down, not up/,
    },
  },
  {
    name: 'fault-strikes-another-job',
    says: 'The wire is held at a frame of another job than the one that is declared.',
    part: 'lab',
    edits: [
      {
        file: cell,
        find: `  const key = struckKey(options.plan.spec);`,
        replace: `  const key = ${ran} && 'job-0012';`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /strike: the frame that was held is about job-0012, not job-0008/,
    },
  },
  {
    name: 'fault-strikes-the-other-worker',
    says: 'The fault is done to the worker that does not hold the struck job.',
    part: 'lab',
    edits: [
      {
        file: cell,
        find: `      holder: role,
      other: workers.find((worker) => worker !== role) ?? role,`,
        replace: `      other: ${ran} && role,
      holder: workers.find((worker) => worker !== role) ?? role,`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /prevent\/ack-lost: /,
    },
  },
  {
    name: 'toxiproxy-is-killed',
    says: 'Toxiproxy is killed in mid-run, when the first fault has come on.',
    part: 'lab',
    edits: [killInMidRun('toxiproxy-server')],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      ownBrokers: true,
      verdict: 'server gone',
      reason: /server: toxiproxy is gone/,
    },
  },
  {
    name: 'redis-is-killed',
    says: 'Redis is killed in mid-run, when the first fault has come on.',
    part: 'lab',
    edits: [killInMidRun('redis-server')],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'reproduce',
      ownBrokers: true,
      verdict: 'server gone',
      reason: /server: redis is gone/,
    },
  },
  {
    name: 'rabbitmq-is-killed',
    says: 'RabbitMQ is killed in mid-run, when the first fault has come on.',
    part: 'lab',
    edits: [killInMidRun('beam.smp')],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      ownBrokers: true,
      verdict: 'server gone',
      reason: /server: rabbitmq is gone/,
    },
  },
];
