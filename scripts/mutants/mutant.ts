/**
 * What a mutant is: one small lie or mistake, written into a copy of the checkout, and what must be said of it. The
 * lists in `list/` are data; nothing in them knows how a copy is made or a run is started.
 */

/** Whose code it breaks. The system may be accused; the lab may not accuse anybody when it is the lab that lied. */
export type Part = 'guard' | 'worker' | 'reconciler' | 'producer' | 'lab';

export const parts: readonly Part[] = ['guard', 'worker', 'reconciler', 'producer', 'lab'];

/** An exact text of one file and what stands there instead. It must be found exactly once. */
export interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * An expression for replaced code: it notes, once a process, that the mutated line ran. The path of the note belongs to
 * the copy, so a note also says that it was the copy's code that ran and not the checkout's. At least one edit of a
 * mutant has it; where the edit itself cannot (a script in Lua), another one, beside it, does.
 */
export const ran = '__MUTANT_RAN__()';

export type Transport = 'rabbitmq' | 'bullmq';

/** `fm 001` on live brokers: the grid of a transport, or the cells whose id contains the text. */
export interface GridRun {
  readonly kind: 'grid';
  readonly transport: Transport;
  readonly cell?: string;
  /** True for a mutant that harms servers: it gets some that nobody else uses. */
  readonly ownBrokers?: boolean;
  readonly verdict: 'disproven' | 'inconclusive' | 'server gone';
  /** Must fit one of the reasons that the result gives, each as `cell: reason`. */
  readonly reason: RegExp;
}

/** One test, by a part of its name, which must fail with the mutant and pass without. */
export interface TestRun {
  readonly kind: 'test';
  /** Default `unit`; the others get the brokers that are up. */
  readonly project?: 'unit' | 'live' | 'failure-modes';
  readonly file: string;
  readonly test: string;
  /** Must fit the message of the failure. */
  readonly reason: RegExp;
}

/** `fm check` of a record of the baseline's run that was tampered with; the code is left as it is. */
export interface Forgery {
  readonly kind: 'forgery';
  /** Changes the run's folder, which is a copy. Must change something. */
  readonly forge: (run: StoredRun) => StoredRun;
  /** False leaves the rest of the run's folder beside the history. */
  readonly historyAlone: boolean;
  readonly exitCode: 1 | 2 | 70;
  /** Must fit what the command prints. */
  readonly reason: RegExp;
}

/** A run's folder as it is read again: lines are JSON values, without what ends them. */
export interface StoredRun {
  readonly history: readonly HistoryLine[];
  /** Undefined once removed. */
  readonly result: Record<string, unknown> | undefined;
}

export type HistoryLine = Record<string, unknown>;

export interface Mutant {
  /** Kebab case, unique. */
  readonly name: string;
  /** What is wrong with it, one sentence. */
  readonly says: string;
  readonly part: Part;
  /** None for a forgery. */
  readonly edits: readonly Edit[];
  readonly proof: GridRun | TestRun | Forgery;
}
