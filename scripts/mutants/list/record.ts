/** What the lab writes down is not what happened: lines lost, doubled, at other times, of other things. */
import { ran, type Edit, type GridRun, type Mutant } from '../mutant.ts';

const recorder = 'packages/harness/src/recorder.ts';
const journal = 'packages/contract/src/journal.ts';
const observer = 'packages/harness/src/observer.ts';
const scene = 'packages/harness/src/scene.ts';

/** Of what lab and taps have to say, before it is counted. */
function inPlaceOfRecording(replace: string): Edit {
  return { file: recorder, find: `    this.#penOf(source).write(event);`, replace };
}

const everyFiftieth = `(globalThis.linesOfMutant = (globalThis.linesOfMutant ?? 0) + 1) % 50 === 0`;

const nobodyCanSay: Pick<GridRun, 'kind' | 'verdict'> = { kind: 'grid', verdict: 'inconclusive' };

export const record: readonly Mutant[] = [
  {
    name: 'one-tap-line-in-50-is-lost',
    says: 'Of what the taps see, one line in fifty is neither written nor counted.',
    part: 'lab',
    edits: [
      inPlaceOfRecording(
        `    if (source !== 'tap' || !(${everyFiftieth} && ${ran})) this.#penOf(source).write(event);`,
      ),
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      reason: /: (record|publish|ledger|delivery): /,
    },
  },
  {
    name: 'one-line-in-50-is-lost',
    says: 'Of what the lab and its taps write, one line in fifty does not reach its file.',
    part: 'lab',
    edits: [
      {
        file: recorder,
        find: `      journal.record(event);\n    },`,
        replace: `      if (!(${everyFiftieth} && ${ran})) journal.record(event);\n    },`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      reason: /not the \d+ lines that it had when the lab closed it/,
    },
  },
  {
    name: 'one-line-in-50-is-not-read',
    says: 'When the raw files are read again, one line in fifty of each is passed over.',
    part: 'lab',
    edits: [
      {
        file: recorder,
        find: `    shared.share(event);
    events.push({ ...event, cell, source });`,
        replace: `    shared.share(event);
    if (${everyFiftieth} && ${ran}) continue;
    events.push({ ...event, cell, source });`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      reason: /: record: .* wrote \d+ lines, and \d+ are/,
    },
  },
  {
    name: 'every-line-is-doubled',
    says: 'The lab and its taps write every line twice, and count it twice.',
    part: 'lab',
    edits: [
      inPlaceOfRecording(`    this.#penOf(source).write(event);
    if (${ran}) this.#penOf(source).write(event);`),
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /guard-control: record: /,
    },
  },
  {
    name: 'time-runs-backwards',
    says: 'Each line of lab and taps is stamped a little earlier than the one before it.',
    part: 'lab',
    edits: [
      {
        file: journal,
        find: `  return { record: (event) => write(\`\${JSON.stringify({ at: monotonicMs(), ...event })}\\n\`) };`,
        replace: `  let back = 0;
  const clock = () => {
    if (globalThis.process.env['ROLE'] !== undefined) return monotonicMs();
    back += ${ran} ? 2 * (monotonicMs() - (globalThis.zeroOfMutant ??= monotonicMs())) : 0;
    return (globalThis.zeroOfMutant ??= monotonicMs()) - back / 1000;
  };
  return { record: (event) => write(\`\${JSON.stringify({ at: clock(), ...event })}\\n\`) };`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /its clock is behind the line before it/,
    },
  },
  {
    name: 'clocks-are-10-s-apart',
    says: 'The clock of the lab and its taps is 10 s ahead of that of the programs.',
    part: 'lab',
    edits: [
      {
        file: journal,
        find: `  return { record: (event) => write(\`\${JSON.stringify({ at: monotonicMs(), ...event })}\\n\`) };`,
        replace: `  const ahead = globalThis.process.env['ROLE'] === undefined && ${ran} ? 10_000 : 0;
  return { record: (event) => write(\`\${JSON.stringify({ at: monotonicMs() + ahead, ...event })}\\n\`) };`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /guard-control: /,
    },
  },
  {
    name: 'tap-names-the-other-link',
    says: 'The taps of the two workers sign with each other’s name.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/network.ts',
        find: `        link: id,
        protocol`,
        replace: `        link: id.startsWith('worker-') && ${ran} ? id.replace(/\\d/, (n) => (n === '1' ? '2' : '1')) : id,
        protocol`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /delivery: worker-\d says that it was given/,
    },
  },
  {
    name: 'tap-reports-another-key',
    says: 'The tap reports the effect of one job under the key of another one.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/meaning/store.ts',
        find: `  const subject = { keys: entries.map(({ key }) => key), entries };`,
        replace: `  for (const entry of entries) if (entry.key === 'job-0003' && ${ran}) entry.key = 'job-0004';
  const subject = { keys: entries.map(({ key }) => key), entries };`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /ledger: entry .* was sent with key job-0004 and stands with job-0003/,
    },
  },
  {
    name: 'tap-takes-every-effect-for-refused',
    says: 'The tap reports that the store refused effects that it applied.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/meaning/store.ts',
        find: `  return said?.kind === 'integer' ? Number(said.text) : undefined;`,
        replace: `  return said?.kind === 'integer' && ${ran} ? 0 : undefined;`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/delivery-lost',
      reason: /ledger: entry .* was answered as refused and stands in the ledger/,
    },
  },
  {
    name: 'stranger-writes-the-second-effect',
    says: 'The guard refuses the second effect of the struck job, and the lab itself writes one.',
    part: 'lab',
    edits: [
      {
        file: observer,
        find: `      const deadCount = await queue.deadCount();`,
        replace: `      const deadCount = await queue.deadCount();
      const [first] = (await ledger()).filter(({ key }) => key === 'job-0008');
      const second = { ...first, entry: 'stranger' };
      if (${ran}) await redis.rpush(keys.ledger, JSON.stringify(second));`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /ledger: no tap saw the effect of job-0008 \(stranger\)/,
    },
  },
  {
    name: 'observer-reads-too-early',
    says: 'The ledger of a snapshot is that of the moment when half of it had been written.',
    part: 'lab',
    edits: [
      {
        file: observer,
        find: `    return lines.map((line) => parseLedgerEntry(line));`,
        replace: `    const early = ${ran} ? lines.slice(0, lines.length / 2) : lines;
    return early.map((line) => parseLedgerEntry(line));`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /ledger: entry .* was answered as applied and is not in the ledger/,
    },
  },
  {
    name: 'observer-leaves-out-an-entry',
    says: 'One entry of the ledger is missing from every snapshot.',
    part: 'lab',
    edits: [
      {
        file: observer,
        find: `    return lines.map((line) => parseLedgerEntry(line));`,
        replace: `    return lines.map((line) => parseLedgerEntry(line)).filter(({ key }) => !(key === 'job-0003' && ${ran}));`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /ledger: entry .* was answered as applied and is not in the ledger/,
    },
  },
  {
    name: 'snapshot-without-dead-letters',
    says: 'A worker gives a good job up, and no snapshot shows a dead letter.',
    part: 'lab',
    edits: [
      {
        file: 'packages/worker/src/attempt.ts',
        find: `  const effect: LedgerEntry = {`,
        replace: `  if (job.key === 'job-0003' && ${ran}) return { kind: 'reject', reason: 'no' };
  const effect: LedgerEntry = {`,
      },
      {
        file: observer,
        find: `        dead: await queue.dead(),`,
        replace: `        dead: ${ran} ? [] : await queue.dead(),`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /guard-control: .*dead/,
    },
  },
  {
    name: 'machine-is-always-blamed',
    says: 'A worker blocks its loop, and the lab says all the time that its own timer is late.',
    part: 'lab',
    edits: [
      {
        file: 'packages/worker/src/attempt.ts',
        find: `  const effect: LedgerEntry = {`,
        replace: `  if (job.key === 'job-0003' && !marks.redelivered && ${ran}) {
    const before = globalThis.process.cpuUsage().user;
    while (globalThis.process.cpuUsage().user - before < 1_500_000);
  }
  const effect: LedgerEntry = {`,
      },
      {
        file: 'packages/harness/src/machine/machine-watch.ts',
        find: `    const lateMs = round(this.#lateMs);`,
        replace: `    const lateMs = ${ran} && 5000;`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /guard-control.*: machine: job-0003 was delivered again: its lease ran out/,
    },
  },
  {
    name: 'tap-hides-that-it-is-a-repeat',
    says: 'The tap reports every delivery as a first one.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/meaning/amqp.ts',
        find: `        return { means: 'deliver', ...keysOf([key]), deliveryTag, redelivered };`,
        replace: `        return { means: 'deliver', ...keysOf([key]), deliveryTag, redelivered: !${ran} };`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /prevent\/ack-lost: delivery: .*job-\d+/,
    },
  },
  {
    name: 'tap-calls-lost-frames-crossed',
    says: 'The tap reports frames that were lost as if they had crossed.',
    part: 'lab',
    edits: [
      {
        file: 'packages/network/src/tap/lane.ts',
        find: `      this.#tell(unit, this.#sinkEnding === undefined ? 'crossed' : 'lost');`,
        replace: `      this.#tell(unit, this.#sinkEnding === undefined || ${ran} ? 'crossed' : 'lost');`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      reason: /prevent\/ack-lost: (record|delivery|carrier): /,
    },
  },
  {
    name: 'second-recovery-is-not-run',
    says: 'The second run of the reconciler is recorded and never took place.',
    part: 'lab',
    edits: [
      {
        file: 'packages/harness/src/cell.ts',
        find: '  const role = `reconciler-${round}`;',
        replace:
          '  const role = `reconciler-${round}`;\n' +
          `  if (round === 2 && ${ran}) return record({ kind: 'recovery', round, exitCode: 0, repairs: 0 });`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'recover',
      reason: /recover: .*reconciler-2/,
    },
  },
  {
    name: 'lab-orders-fewer-jobs-than-planned',
    says: 'The producer is told to publish two jobs less than the plan says.',
    part: 'lab',
    edits: [
      {
        file: scene,
        find: `      return { JOBS: String(jobs),`,
        replace: `      return { JOBS: String(jobs - 2 * Number(${ran})),`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /guard-control: publish: job-0023 was ordered and never published/,
    },
  },
];
