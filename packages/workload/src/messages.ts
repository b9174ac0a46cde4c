/** What a request and a job carry. Times are on the machine's monotonic clock, ms. */

export interface RequestMessage {
  /** Number of the job, from 0. */
  readonly job: number;
  /** Number of the attempt at this queue, from 1: for hop k, all attempts of the hops before counted through. */
  readonly attempt: number;
  /** When the load began: everybody counts in windows from here. */
  readonly startedAt: number;
  /** When the job was due. */
  readonly dueAt: number;
  readonly sentAt: number;
  /** When the caller stops waiting. */
  readonly deadlineAt: number;
}

export interface JobMessage {
  readonly job: number;
  readonly startedAt: number;
  readonly dueAt: number;
  readonly sentAt: number;
  /** Attempts already made, where the job carries them (re-enqueue). */
  readonly attemptsMade: number;
  /** What it waited before this attempt, ms. */
  readonly previousDelayMs: number;
}

/** The answer: the request's `messageId` comes back as `correlationId`. */
export interface ReplyMessage {
  readonly outcome: 'ok' | 'error';
}
