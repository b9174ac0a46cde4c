/** What the lab writes down is not what happened: lines lost, doubled, at other times, of other things. */
import { ran, type Edit, type GridRun, type Mutant } from '../mutant.ts';

const recorder = 'packages/harness/src/recorder.ts';
const journal = 'packages/contract/src/journal.ts';
const observer = 'packages/harness/src/observer.ts';

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
      reason: /: record: .* wrote \d+ lines, and \d+ are/,
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
      reason: /guard-control: .*(time|clock|earlier)/,
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
    proof: { ...nobodyCanSay, transport: 'rabbitmq', reason: /.+\/.+: .*worker-/ },
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
      reason: /guard-control: .*job-000[34]/,
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
      reason: /prevent\/delivery-lost: .*job-\d+/,
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
      transport: 'bullmq',
      cell: 'prevent/lease-stolen',
      reason: /prevent\/lease-stolen: .*stranger/,
    },
  },
  {
    name: 'observer-reads-too-early',
    says: 'The ledger of a snapshot is the one that the lab had read the first time it looked.',
    part: 'lab',
    edits: [
      {
        file: observer,
        find: `  const ledger = async (): Promise<LedgerEntry[]> => {`,
        replace: `  let early: Promise<LedgerEntry[]> | undefined;
  const ledger = async (): Promise<LedgerEntry[]> => (early ??= ${ran} && ledgerNow());
  const ledgerNow = async (): Promise<LedgerEntry[]> => {`,
      },
    ],
    proof: {
      ...nobodyCanSay,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /guard-control: .*(ledger|entry|entries)/,
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
      reason: /guard-control: .*job-0003/,
    },
  },
];
