/**
 * A load: jobs offered on a schedule of their own, whatever becomes of them, to a queue whose consumers have a
 * capacity. What the programs that make and serve a load are told, and the words in which they count.
 */
import * as v from 'valibot';

import { transports } from './topology.ts';

/**
 * Who tries again, and what a failed attempt holds while it waits.
 *
 *   rpc          client --request--> queue --> server            the client tries again; nothing bounds it
 *   in-slot      client --job--> queue --> pool --request--> queue --> server    tries again inside the pool's slot
 *   re-enqueue   client --job--> queue --> pool --request--> queue --> server    gives the job back to its queue
 *   lease        client --job--> queue --> pool --request--> queue --> server    the job's lease ends and it is run again
 *   layers       client --> hop 1 --> hop 2 --> ... --> server                   every hop tries again
 */
export const topologies = ['rpc', 'in-slot', 're-enqueue', 'lease', 'layers'] as const;
export type LoadTopology = (typeof topologies)[number];

/**
 * What starts the trouble, for as long as `triggerMs`.
 *
 *   stall      the server process stands still (SIGSTOP)
 *   blackhole  every byte between server and broker is dropped
 *   latency    every byte between server and broker is late by `addedLatencyMs`, each way
 *   spike      `spikeFactor` times as many jobs are offered
 *   restart    the broker is killed and started again; how long that takes is measured
 *   outage     the server answers every request with an error; for `layers`
 */
export const triggerKinds = [
  'none',
  'stall',
  'blackhole',
  'latency',
  'spike',
  'restart',
  'outage',
] as const;
export type LoadTrigger = (typeof triggerKinds)[number];

const positive = v.pipe(v.number(), v.gtValue(0));
const count = v.pipe(v.number(), v.integer(), v.minValue(1));
const durationMs = v.pipe(v.number(), v.minValue(0));

/** Everything that decides one load, so that it can be run again, simulated, and put in a table. */
export const loadSettingSchema = v.strictObject({
  topology: v.picklist(topologies),
  transport: v.picklist(transports),
  /** Name of a policy of `@lab/retry`. */
  policy: v.string(),
  /** Seeds arrivals, service times and the clients' jitter; the same seed offers the same jobs under every policy. */
  seed: v.pipe(v.number(), v.integer()),
  /** Requests the server works on at a time. */
  slots: count,
  /** Mean of the exponential service time, ms. */
  serviceMs: positive,
  /** mu: requests a second the server can do. Measured, where it was; else `slots / serviceMs`. */
  capacityPerS: positive,
  /** lambda: jobs offered a second. */
  offeredPerS: positive,
  /** T: how long the caller waits for the answer to one attempt, ms. In `lease`: how long a job's lease lasts. */
  timeoutMs: positive,
  /** Most attempts of one job, the first included; a policy may allow fewer. */
  attempts: count,
  /** Callers with a policy state each (a budget, a breaker); jobs go to them in turn. */
  clients: count,
  /** Time before the trigger; the last two thirds are the baseline, ms. */
  warmUpMs: durationMs,
  trigger: v.picklist(triggerKinds),
  /** D, ms. */
  triggerMs: durationMs,
  /** How long is watched after the trigger, ms: at least so long, where the watch may be prolonged. */
  observeMs: durationMs,
  /** Most that is watched after the trigger, ms, while it cannot be said what becomes of the load; null: `observeMs` and no more. */
  watchLimitMs: v.nullable(durationMs),
  spikeFactor: positive,
  addedLatencyMs: durationMs,
  /** K: bound of the request queue in messages, for policies that bound it; null: the policy's own. */
  queueBound: v.nullable(count),
  /** W: jobs the pool works on at a time; null where there is no pool. */
  concurrency: v.nullable(count),
  /** Share of requests that the server answers with an error, at random, all the time. */
  failureRate: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  /** Requests from queue to queue until the last server: 1 but for `layers`. */
  hops: count,
  /** Offered load climbs from the first to the second (both in parts of mu) and comes down again, in place of a constant lambda. */
  ramp: v.nullable(v.tuple([positive, positive])),
  /** `closed`: so many callers, each of which sends its next job only when the one before has ended. Null: open. */
  closedCallers: v.nullable(count),
});
export type LoadSetting = v.InferOutput<typeof loadSettingSchema>;

/** What a load has that nothing further is done to: spread it, and say what differs. */
export const plainLoad = {
  watchLimitMs: null,
  spikeFactor: 1,
  addedLatencyMs: 0,
  queueBound: null,
  concurrency: null,
  failureRate: 0,
  hops: 1,
  ramp: null,
  closedCallers: null,
} as const satisfies Partial<LoadSetting>;

/** Length of the windows in which a load is counted: two timeouts, so 1 s at T = 500 ms. */
export function windowMsOf({ timeoutMs }: Pick<LoadSetting, 'timeoutMs'>): number {
  return 2 * timeoutMs;
}

/** The load as its programs are ready to play it: watched for as long as it may be, and to the end of a window. */
export function longestOf(setting: LoadSetting): LoadSetting {
  const { watchLimitMs, observeMs } = setting;
  if (watchLimitMs === null) return setting;
  return watchedFor(setting, Math.max(observeMs, watchLimitMs) + windowMsOf(setting));
}

/** The load as it was in the end, once it is known how long it was watched. */
export function watchedFor(setting: LoadSetting, observeMs: number): LoadSetting {
  return { ...setting, observeMs, watchLimitMs: null };
}

/** From the first arrival's zero to the end of counting, ms; of a watch that is not prolonged. */
export function loadMsOf(
  setting: Pick<LoadSetting, 'warmUpMs' | 'triggerMs' | 'observeMs'>,
): number {
  return setting.warmUpMs + setting.triggerMs + setting.observeMs;
}

/** How many windows a load has, the last one included that its end may cut short. */
export function windowCount(
  setting: Pick<LoadSetting, 'timeoutMs' | 'warmUpMs' | 'triggerMs' | 'observeMs'>,
): number {
  // Lengths are computed, so that a load of whole windows may be a rounding error longer.
  return Math.ceil(loadMsOf(setting) / windowMsOf(setting) - 1e-9);
}

/** What is counted in a window. Each program writes those it sees; a missing one is nought. */
export const loadCounts = [
  // by the client
  'offered', // jobs whose intended time lies in the window
  'refused', // jobs that the policy let not even begin (an open breaker)
  'succeeded', // jobs answered within the timeout of one of their attempts
  'failed', // jobs given up
  // by whoever makes attempts: client, pool, hop
  'sent', // attempts sent
  'reached', // attempts that the broker confirmed as taken: the numerator of amplification
  'rejected', // attempts that the broker refused (queue full)
  'timedOut', // attempts that were not answered in time
  'late', // answers to attempts that nobody waits for any more
  'errors', // answers that say the request failed
  'retriesRefused', // retries that the policy did not allow (budget empty, breaker open)
  'underWay', // jobs offered and not over at the window's end; by the client, or the pool where there is one
  'awaited', // attempts that somebody still waits for at the window's end
  // by the server
  'delivered', // requests handed to it by the broker, counted by delivery tag
  'served', // requests worked on to the end
  'expired', // requests it dropped unworked
  'unacknowledged', // requests it has in hand at the window's end
  // by the lab
  'depth', // messages ready in the request queue at the window's end
  'jobsDepth', // messages ready in the job queue at the window's end, where there is a pool
  'dropped', // messages taken out again unserved: by the broker (TTL, drop-head), counted in the dead-letter queue, or by recovery
  'cpu', // share of the host's processors that was busy in the window, 0 to 1; under the queue name `host`
] as const;
export type LoadCount = (typeof loadCounts)[number];
export type LoadCounts = Partial<Readonly<Record<LoadCount, number>>>;

/** What is timed. Each is a histogram of the baseline and of the rest apart. */
export const loadTimings = [
  'job', // intended arrival to success
  'job-from-send', // when its first attempt was really sent, to success
  'attempt', // sent to answered in time
  'queue-age', // sent to taken up by the server
  'send-lag', // intended to really sent: how far the generator itself was behind
] as const;
export type LoadTiming = (typeof loadTimings)[number];

/** Names of the queues of a load in its vhost. Hop k of `layers` reads `requests` for the last and `requests.k` before. */
export const loadQueues = {
  requests: 'requests',
  jobs: 'jobs',
  dropped: 'requests.dropped',
} as const;

/** Where a `load` event says `queue`, and what is counted belongs to no queue but to the machine. */
export const hostInLoad = 'host';

/**
 * The queue that hop k of n reads (1 is the first).
 * @throws RangeError outside 1 to n
 */
export function hopQueue(hop: number, hops: number): string {
  if (hop < 1 || hop > hops) throw new RangeError(`hop ${hop} of ${hops}`);
  return hop === hops ? loadQueues.requests : `${loadQueues.requests}.${hop}`;
}
