/**
 * What may be done about an attempt that failed, and what may be done so that fewer do. A policy is data (its
 * parameters, its bound, its source) and a state machine without clock or sockets, so that the client that runs
 * against a broker and the simulator that predicts it run the same lines.
 */
import type { LoadSetting, LoadTopology } from '@lab/contract';

export interface Policy {
  /** `token-bucket`: the name on the command line and in every table. */
  readonly name: string;
  readonly title: string;
  /** What it acts on. */
  readonly family:
    | 'attempts'
    | 'budget'
    | 'breaker'
    | 'throttle'
    | 'queue'
    | 'server'
    | 'pool'
    | 'bullmq';
  /** What it does, one sentence. */
  readonly summary: string;
  /** Where the mechanism and its numbers come from. */
  readonly source: string;
  /** The topologies in which it means something. */
  readonly topologies: readonly LoadTopology[];
  facts(setting: PolicySetting): PolicyFacts;
  /** The state of one caller; it starts fresh. `random` is uniform in [0, 1). */
  caller(setting: PolicySetting, random: () => number): Caller;
  /** How the request queue is declared and requests are published; absent: a plain queue. */
  queue?(setting: PolicySetting): QueueRules;
  /** In which order and whether the server works; absent: first in, first out, everything. */
  server?(setting: PolicySetting): ServerRules;
  /** How many jobs the pool works on at a time, where that is the policy; absent: the setting's. */
  concurrency?(setting: PolicySetting): number;
  /** The same policy in BullMQ's own words, where BullMQ has them. */
  bullmq?(setting: PolicySetting): BullmqRules;
}

/** What a policy may know of the load. Its times are given for T = 500 ms and scale with T. */
export type PolicySetting = Pick<
  LoadSetting,
  | 'timeoutMs'
  | 'attempts'
  | 'clients'
  | 'serviceMs'
  | 'capacityPerS'
  | 'offeredPerS'
  | 'queueBound'
  | 'concurrency'
  | 'seed'
>;

export interface PolicyFacts {
  /** Most attempts of one job, the first included; a retry refused below it was refused by a budget or a breaker. */
  readonly attempts: number;
  /** Most attempts a job, over many jobs, that the policy can sustain while attempts fail: n, or 1 + beta. */
  readonly aMax: number;
  /** beta: retries a job it sustains; null for a policy without a budget. */
  readonly beta: number | null;
  /** Retries one caller can spend at once beyond that; null for a policy without a budget. */
  readonly reserve: number | null;
  /** Every number the policy runs with, with its unit in its name. */
  readonly parameters: Readonly<Record<string, number | string>>;
}

/** One caller's state. Times are ms on one monotonic clock and never go back. */
export interface Caller {
  /** A job begins. @returns whether its first attempt may be sent; if not, the job has failed. */
  begin(nowMs: number): boolean;
  /** An attempt failed; called for every one, the last included. @returns ms until the next attempt, or null: give up. */
  failed(nowMs: number, failure: AttemptFailure): number | null;
  /** An attempt was answered in time. */
  succeeded(nowMs: number, attempt: number): void;
}

export interface AttemptFailure {
  /** 1 for the first. */
  readonly attempt: number;
  readonly reason: 'timeout' | 'rejected' | 'error';
  /** What this policy made the job wait before this attempt, ms; 0 before the first. */
  readonly previousDelayMs: number;
}

export interface QueueRules {
  /** `x-max-length`. */
  readonly maxLength?: number;
  readonly overflow?: 'reject-publish' | 'drop-head';
  /** `expiration` of every request, ms; whole. */
  readonly messageTtlMs?: number;
}

export interface ServerRules {
  /** `lifo`: newest first, always. `adaptive-lifo`: newest first while there is a standing queue (CoDel), else oldest first. */
  readonly order: 'fifo' | 'lifo' | 'adaptive-lifo';
  /** Drop what its caller no longer waits for, unworked. */
  readonly dropExpired: boolean;
  /** CoDel: requests older than this when taken up are dropped while there is a standing queue, ms; null: none. */
  readonly codelTargetMs: number | null;
  /** CoDel: a queue is standing when it was not empty for this long, ms. */
  readonly codelIntervalMs: number;
  /** Requests the server holds in memory to choose among; the broker's queue has the rest. */
  readonly buffer: number;
}

/** Options of `Queue.add`. */
export interface BullmqRules {
  readonly attempts: number;
  readonly backoff: {
    readonly type: 'fixed' | 'exponential';
    readonly delay: number;
    readonly jitter: number;
  } | null;
}
