/** A fault: something done to a link, a process, a broker or a clock, that can be undone and checked. */

export type FaultVerb =
  | 'latency'
  | 'throttle'
  | 'hold'
  | 'blackhole'
  | 'reset'
  | 'cut'
  | 'kill'
  | 'pause'
  | 'restart'
  | 'memory-alarm'
  | 'spike';

export interface Fault {
  readonly verb: FaultVerb;
  /** What it is done to: a link id, a role, or a server name. */
  readonly target: string;
  /** A few words for a plot or a grid, e.g. `cut worker-1>rabbitmq`. */
  readonly label: string;
  /**
   * Applies the fault and returns only after reading it back from whoever carries it out.
   * @returns what was read back, in words, e.g. `toxiproxy enabled=false`.
   * @throws when the read-back does not show the fault.
   */
  inject(): Promise<string>;
  /** Undoes it; idempotent. A `kill` is healed by its own end: the process is gone and may be replaced. */
  heal(): Promise<void>;
  /** Reads back that nothing of it is left. */
  isHealed(): Promise<boolean>;
}
