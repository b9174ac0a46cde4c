/**
 * The type a bundle fills in. A bundle says what is broken, where the fault strikes and what is expected of
 * every guard; how brokers come up, how processes run and how a verdict is reached is the harness's business.
 */
import type {
  Fault,
  GuardName,
  InvariantId,
  LoadSetting,
  LoadTrigger,
  Transport,
  WireEvent,
} from '@lab/contract';
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
export type Experiment = StrikeExperiment | LoadExperiment;

/** A handful of jobs, of which one is struck at a protocol point. */
export interface StrikeExperiment {
  readonly kind: 'strike';
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

/**
 * A load: jobs offered on a schedule of their own to a queue with a capacity, and a trigger for a while. What is on
 * trial is the retry policy, so policies stand where a struck job has guards. Read with `LoadSetting`.
 */
export interface LoadExperiment {
  readonly kind: 'load';
  /** What all its loads have in common. */
  readonly setting: Omit<LoadSetting, 'policy' | 'seed' | 'transport' | 'trigger'>;
  /** Named triggers. */
  readonly faults: Readonly<Record<string, LoadFault>>;
  /** The unguarded policy, trigger on. Its load without a trigger is the control. */
  readonly reproduce: {
    readonly policy: string;
    readonly fault: string;
    readonly violates: readonly InvariantId[];
  };
  /** Further controls, in which every invariant must hold: the same trigger without any retry. */
  readonly controls: readonly {
    readonly policy: string;
    readonly fault: string;
    readonly because: string;
  }[];
  readonly placebos: readonly LoadTrial[];
  /** Policies and the triggers under which each must hold. Every policy among them gets a guard control. */
  readonly prevent: readonly {
    readonly policy: string;
    readonly fault: string;
    /** True when it must have refused something, or the cell is inconclusive. */
    readonly guardMustAct: boolean;
    readonly because: string;
    readonly change?: LoadChange;
  }[];
  /** A guard with one number wrong. Run by the bundle's tests: it must be caught. */
  readonly mutants: readonly LoadTrial[];
  /** What is different in the load that is recovered: it must be watched long enough for recovery too. */
  readonly recover: LoadChange;
  /** T of INV_011: what is offered is answered again this long after the trigger was healed, ms. */
  readonly livenessLimitMs: number;
  /** k of INV_009. */
  readonly workLimit: number;
}

type LoadChange = Partial<LoadExperiment['setting']>;

/** A policy that is expected to fail, and how. */
export interface LoadTrial {
  /** Shown in the grid; differs from the policy's name where a number is the placebo. */
  readonly name: string;
  readonly policy: string;
  readonly fault: string;
  readonly violates: readonly InvariantId[];
  /** Why it fails, one sentence. */
  readonly because: string;
  readonly change?: LoadChange;
}

export interface LoadFault {
  readonly trigger: Exclude<LoadTrigger, 'none'>;
  /** What is done to what, as a sentence; a load has no frame at which it is struck. */
  readonly point: string;
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
