/**
 * The type a bundle fills in. A bundle says what is broken, where the fault strikes and what is expected of
 * every guard; how brokers come up, how processes run and how a verdict is reached is the harness's business.
 */
import type { Fault, GuardName, InvariantId, Transport, WireEvent } from '@lab/contract';
import type { FramePoint, Hold, Link } from '@lab/network';

import type { SystemProcess } from './system-process.ts';

/** How much of a run is the same on every run: verdict, order of events at the fault point, or bytes. */
export type DeterminismClass = 'D0' | 'D1' | 'D2';

export interface FailureMode {
  /** The folder's name, `FM_001_duplicate_delivery`. */
  readonly id: string;
  readonly title: string;
  /** One sentence for `fm list`. */
  readonly summary: string;
  /** The invariant the failure mode is about; `reproduce` must violate it. */
  readonly breaks: InvariantId;
  /** Everything judged in every cell. */
  readonly judged: readonly InvariantId[];
  readonly determinism: DeterminismClass;
  readonly experiments: Partial<Readonly<Record<Transport, Experiment>>>;
}

/** One grid: the same failure mode on one transport. */
export interface Experiment {
  readonly jobs: number;
  /** Named faults, each a script that strikes at one protocol point. */
  readonly faults: Readonly<Record<string, FaultScript>>;
  /** Guard off, fault on. */
  readonly reproduce: { readonly fault: string; readonly violates: readonly InvariantId[] };
  readonly placebos: readonly GuardTrial[];
  readonly guard: GuardName;
  /** Faults under which the guard must hold. */
  readonly prevent: readonly {
    readonly fault: string;
    /** True when this fault makes the guard refuse a duplicate; then a run in which it did not is inconclusive. */
    readonly guardMustAct: boolean;
    readonly because: string;
  }[];
  /** The guard with one clause removed. Run by the bundle's tests: it must be caught. */
  readonly mutants: readonly GuardTrial[];
  /** T of INV_011: accepted work is terminal within this long after the last heal, ms. */
  readonly livenessLimitMs: number;
  /** Environment for every worker, e.g. BullMQ's lease. */
  readonly worker?: Readonly<Record<string, string>>;
}

/** A guard that is expected to fail, and how. */
export interface GuardTrial {
  /** Shown in the grid; differs from the guard's name where a setting is the placebo. */
  readonly name: string;
  readonly guard: GuardName;
  readonly fault: string;
  readonly violates: readonly InvariantId[];
  /** Why it fails, one sentence. */
  readonly because: string;
  readonly worker?: Readonly<Record<string, string>>;
  readonly producer?: Readonly<Record<string, string>>;
}

/** Strikes at one protocol point. The lab holds the wire there, the script does the rest. */
export interface FaultScript {
  /** The fault point as a sentence: `after the effect, before basic.ack reaches the broker`. */
  readonly point: string;
  /** Which link of whichever worker gets the struck job is held, and at which of its frames. */
  readonly holdAt: {
    readonly server: 'rabbitmq' | 'redis';
    /** The frame, given the cell's guard: the struck job's key is added by the lab. */
    readonly frame: (guard: string) => Omit<FramePoint, 'key'>;
  };
  /** The fault itself; what an unsteered run injects at a random moment. */
  fault(stage: Stage, holder: string): Fault;
  /** How long an unsteered run leaves the fault on, ms. */
  readonly lastsMs: number;
  /** Called while the wire is held. Injects, releases, waits for named conditions, heals. */
  strike(stage: Stage, held: HeldJob): Promise<void>;
}

/** The job whose frame is held, and who holds it. */
export interface HeldJob {
  readonly key: string;
  readonly event: WireEvent;
  /** Role of the worker whose link is held. */
  readonly holder: string;
  /** Role of the worker that is not. */
  readonly other: string;
  readonly hold: Hold;
}

/** What a fault script may use. Everything it does is recorded in the history. */
export interface Stage {
  link(from: string, to: 'rabbitmq' | 'redis'): Link;
  process(role: string): SystemProcess;
  /** Injects, reads back, and records; healed at the latest by the harness. */
  inject(fault: Fault): Promise<void>;
  /** Heals, checks that it is healed, and records. */
  heal(fault: Fault): Promise<void>;
  /** Waits until a wire event, past or future, satisfies the predicate. */
  seen(
    condition: string,
    predicate: (event: WireEvent) => boolean,
    limitMs?: number,
  ): Promise<WireEvent>;
}

/** Identity function that gives a bundle its type. */
export function defineFailureMode(failureMode: FailureMode): FailureMode {
  return failureMode;
}
