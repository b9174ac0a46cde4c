/** One attempt on its way: what the message carries, and where its answer goes. */
export interface Request {
  readonly job: number;
  /** Number of the attempt at this queue, from 1. */
  readonly attempt: number;
  /** When its job was due. */
  readonly dueMs: number;
  readonly sentMs: number;
  readonly deadlineMs: number;
  readonly answered: (answer: Answer) => void;
}

export type Answer = 'ok' | 'error';
