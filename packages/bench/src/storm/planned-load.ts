/**
 * A load before its capacity is known. Everything that depends on mu is kept in parts of it (rho, K / mu T, W / mu T), so
 * that a plan is made before the calibration, and two machines that run one plan run the same dimensionless load.
 */
import type { LoadSetting, LoadTopology } from '@lab/contract';

/** What is decided by mu alone is given in parts of mu or of mu T. */
export interface PlannedLoad extends Omit<
  LoadSetting,
  'capacityPerS' | 'offeredPerS' | 'queueBound' | 'concurrency'
> {
  /** lambda / mu. */
  readonly rho: number;
  /** K / (mu T); null: the policy's own bound. */
  readonly boundOverMuT: number | null;
  /** W / (mu T); null where there is no pool. */
  readonly poolOverMuT: number | null;
}

/** The lengths of a load. All of them are multiples of T, so that one number says which profile it is. */
export interface Times {
  readonly timeoutMs: number;
  readonly serviceMs: number;
  readonly warmUpMs: number;
  readonly triggerMs: number;
  readonly observeMs: number;
  /** How long the watch may be prolonged to; null: not at all. */
  readonly watchLimitMs: number | null;
}

function timesAt(
  timeoutMs: number,
  inTimeouts: {
    readonly warmUp: number;
    readonly trigger: number;
    readonly watch: number;
    readonly limit: number | null;
  },
): Times {
  return {
    timeoutMs,
    serviceMs: 0.08 * timeoutMs,
    warmUpMs: inTimeouts.warmUp * timeoutMs,
    triggerMs: inTimeouts.trigger * timeoutMs,
    observeMs: inTimeouts.watch * timeoutMs,
    watchLimitMs: inTimeouts.limit === null ? null : inTimeouts.limit * timeoutMs,
  };
}

/** 4 s of warm-up, 3 s of trouble, 13 s of watching and up to 100 s where that does not tell. */
export const fullTimes = timesAt(500, { warmUp: 8, trigger: 6, watch: 26, limit: 200 });
/**
 * A little less, at the same T: for sweeps, which need many cells and ask only whether a load sticks. A shorter T would save
 * no time: what is limited is requests a second of processor, and a cell has as many requests at any T.
 */
export const sweepTimes = timesAt(500, { warmUp: 6, trigger: 4, watch: 24, limit: 120 });
/** 68 timeouts in 14 s: quick where few run side by side. */
export const fastTimes = timesAt(200, { warmUp: 12, trigger: 8, watch: 48, limit: 200 });
/** Slow enough to watch, quick enough to show: nobody waits for a word. */
export const demoTimes = timesAt(400, { warmUp: 8, trigger: 6, watch: 28, limit: null });

/**
 * Requests the server works on at a time: mu T = 50 at every T. Twice as many give counts with less chance in them, and
 * cost twice the processor: a stuck load of 8 slots takes about half a core for client, server and broker.
 */
const slots = 4;

/** So many that each of them offers 14 jobs a second at rho = 0.7 and T = 500 ms: a budget's reserve is a number of retries a caller. */
const clientsPerSlot = 1.25;

/** A load of the benchmark's usual shape, with what is different about it. */
export function plannedLoad(times: Times, changes: Partial<PlannedLoad> = {}): PlannedLoad {
  const topology = changes.topology ?? 'rpc';
  return {
    ...times,
    topology,
    transport: 'rabbitmq',
    policy: 'none',
    seed: 1,
    slots,
    attempts: 4,
    clients: Math.ceil(clientsPerSlot * (changes.slots ?? slots)),
    trigger: 'stall',
    spikeFactor: 2.5,
    addedLatencyMs: times.timeoutMs,
    failureRate: 0,
    hops: 1,
    ramp: null,
    closedCallers: null,
    rho: 0.7,
    boundOverMuT: null,
    poolOverMuT: hasPool(topology) ? usualPoolOverMuT : null,
    ...changes,
  };
}

/** A pool that is large enough to collapse: the law's edge is at 1, that of jitter inside the slot near 1.3. */
const usualPoolOverMuT = 2;

/** Whether jobs wait in a queue of their own and a bounded pool works on them. */
export function hasPool(topology: LoadTopology): boolean {
  return topology === 'in-slot' || topology === 're-enqueue' || topology === 'lease';
}

/** @param capacityPerS mu, measured. @returns the load as its programs, the model and the laws are told it. */
export function settingOf(load: PlannedLoad, capacityPerS: number): LoadSetting {
  const { rho, boundOverMuT, poolOverMuT, ...rest } = load;
  const muT = (capacityPerS * load.timeoutMs) / 1000;
  const messages = (parts: number | null): number | null =>
    parts === null ? null : Math.max(1, Math.round(parts * muT));
  return {
    ...rest,
    capacityPerS,
    offeredPerS: rho * capacityPerS,
    queueBound: messages(boundOverMuT),
    concurrency: messages(poolOverMuT),
  };
}

/** Requests a second that the server could do if nothing but its work took time. */
export function nominalPerS({ slots: n, serviceMs }: Pick<LoadSetting, 'slots' | 'serviceMs'>) {
  return (n / serviceMs) * 1000;
}
