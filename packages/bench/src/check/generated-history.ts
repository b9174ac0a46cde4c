/**
 * A history as a run of the lab would leave it, of any length, made line by line so that it need not fit in memory:
 * ordinary jobs on RabbitMQ under a guard, one after the other on two workers, with a few whose effect was applied twice
 * and a few whose effect is missing planted among them. What a judge must find in it is known.
 */
import type { CellSpec, EventBody, HistoryEvent, LedgerEntry, RunHeader } from '@lab/contract';

/** Events of one ordinary job. */
const eventsPerJob = 10;
/** Events around the jobs: run and cell begin and end, phases, the snapshot. */
const eventsAround = 9;

export interface GeneratedHistory {
  /** How many events there really are: whole jobs only. */
  readonly events: number;
  readonly jobs: number;
  /** Keys whose effect stands twice, and keys that were accepted and have none. */
  readonly duplicated: readonly string[];
  readonly lost: readonly string[];
  lines(): Generator<HistoryEvent>;
}

const cellId = 'rabbitmq/reproduce';

/**
 * @param size about how many events
 * @param planted how many jobs are effected twice, and how many not at all
 */
export function generateHistory(size: number, planted = 3): GeneratedHistory {
  const jobs = Math.floor((size - eventsAround) / eventsPerJob);
  if (jobs < 4 * planted) {
    throw new RangeError(
      `${size} events are too few; at least ${4 * planted * eventsPerJob + eventsAround}`,
    );
  }
  const every = Math.floor(jobs / (2 * planted));
  const plantedAt = Array.from({ length: 2 * planted }, (_, n) => n * every + 1);
  const duplicated = new Set(plantedAt.filter((_, n) => n % 2 === 0));
  const lost = new Set(plantedAt.filter((_, n) => n % 2 === 1));
  // A job effected twice is delivered, effected and settled again; a lost one is never effected: they even out.
  return {
    events: eventsAround + jobs * eventsPerJob + planted * (repeatEvents - missingEvents),
    jobs,
    duplicated: [...duplicated].map(keyOf),
    lost: [...lost].map(keyOf),
    lines: () => linesOf(jobs, duplicated, lost),
  };
}

/** What a second delivery adds, and what a lost effect leaves out. */
const repeatEvents = 5;
const missingEvents = 3;

function keyOf(job: number): string {
  return `job-${String(job).padStart(8, '0')}`;
}

function* linesOf(
  jobs: number,
  duplicated: ReadonlySet<number>,
  lost: ReadonlySet<number>,
): Generator<HistoryEvent> {
  let seq = 0;
  const line = (source: string, body: EventBody, cell = cellId): HistoryEvent => ({
    seq,
    t: Math.round(seq++ * 17) / 1000,
    cell,
    source,
    ...body,
  });
  const ledger: LedgerEntry[] = [];
  yield line('lab', { kind: 'run', phase: 'start', header: headerOf(jobs) }, 'run');
  yield line('lab', { kind: 'cell', phase: 'start', spec: specOf(jobs) });
  yield line('lab', { kind: 'phase', name: 'start' });
  yield line('lab', { kind: 'phase', name: 'load' });
  for (let job = 0; job < jobs; job += 1) {
    const key = keyOf(job);
    const worker = job % 2 === 0 ? 'worker-1' : 'worker-2';
    const said = {
      kind: 'job',
      key,
      correlationId: `flow-${job}`,
      causationId: `order-${job}`,
    } as const;
    yield line('tap', amqp('producer', 'up', 'basic.publish', 'publish', key, job + 1));
    yield line('tap', amqp('producer', 'down', 'basic.ack', 'confirm', key, job + 1));
    for (let time = 0; time < (duplicated.has(job) ? 2 : 1); time += 1) {
      const by = time === 0 ? worker : 'worker-1';
      yield line('tap', amqp(by, 'down', 'basic.deliver', 'deliver', key, job + 1));
      yield line(by, { ...said, op: 'attempt', phase: 'invoke', attempt: time + 1 });
      if (!lost.has(job)) {
        const entry: LedgerEntry = {
          entry: `entry-${ledger.length}`,
          key,
          kind: 'effect',
          amount: amountOf(job),
          by,
        };
        yield line('tap', redis(by, 'up', 'EVALSHA claimAndAppend', 'effect', entry));
        yield line(
          'tap',
          redis(by, 'down', 'reply EVALSHA claimAndAppend', 'effect-applied', entry),
        );
        yield line(by, { ...said, op: 'effect', phase: 'ok', detail: 'applied' });
        ledger.push(entry);
      }
      if (time === 0) {
        yield line('tap', amqp(by, 'up', 'basic.ack', 'settle', key, job + 1));
        yield line(by, { ...said, op: 'settle', phase: 'ok', detail: 'acked' });
      }
    }
    yield line('producer', { ...said, op: 'publish', phase: 'ok' });
  }
  yield line('lab', { kind: 'phase', name: 'settle' });
  yield line('lab', {
    kind: 'snapshot',
    snapshot: { name: 'final', drained: true, ready: 0, unacknowledged: 0, dead: [], ledger },
  });
  yield line('lab', { kind: 'phase', name: 'done' });
  yield line('lab', { kind: 'cell', phase: 'end', ending: 'completed' });
  yield line('lab', { kind: 'run', phase: 'end', header: headerOf(jobs) }, 'run');
}

function amqp(
  role: string,
  direction: 'up' | 'down',
  frame: string,
  means: 'publish' | 'confirm' | 'deliver' | 'settle',
  key: string,
  deliveryTag: number,
): EventBody {
  return {
    kind: 'wire',
    link: `${role}>rabbitmq`,
    connection: 1,
    direction,
    protocol: 'amqp',
    frame,
    passage: 'crossed',
    means,
    keys: [key],
    channel: 1,
    deliveryTag,
  };
}

function redis(
  role: string,
  direction: 'up' | 'down',
  frame: string,
  means: 'effect' | 'effect-applied',
  entry: LedgerEntry,
): EventBody {
  return {
    kind: 'wire',
    link: `${role}>redis`,
    connection: 1,
    direction,
    protocol: 'redis',
    frame,
    passage: 'crossed',
    means,
    keys: [entry.key],
    entries: [entry],
    ...(direction === 'up' ? { script: true } : {}),
  };
}

function amountOf(job: number): number {
  return 1 + (job % 1000);
}

function specOf(jobs: number): CellSpec {
  return {
    id: cellId,
    transport: 'rabbitmq',
    role: 'reproduce',
    guard: 'none',
    fault: null,
    faultPoint: null,
    expected: { INV_001: 'violated', INV_006: 'violated' },
    guardMustAct: false,
    jobs,
    seed: 1,
    orders: Array.from({ length: jobs }, (_, job) => ({ key: keyOf(job), amount: amountOf(job) })),
    livenessLimitMs: 5000,
  };
}

function headerOf(jobs: number): RunHeader {
  return {
    id: 'generated',
    failureMode: 'generated',
    title: `${jobs} generated jobs`,
    seed: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    steered: true,
    runtime: 'none',
    faultsBy: 'none',
    versions: {},
    commit: 'none',
    command: 'pnpm fm bench check',
  };
}
