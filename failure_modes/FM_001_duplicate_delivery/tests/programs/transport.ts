import type { WorkerEnvironment } from '@lab/contract';

import type { End } from './wrongs.ts';

/** A message as it came, and what only its transport can do with it. */
export interface Delivery {
  readonly body: string;
  readonly redelivered: boolean;
  readonly bury: () => Promise<void>;
}

export interface Consumer {
  /** Takes no further job; what is in hand goes on. */
  stop(): Promise<void>;
  /** Waits for what is in hand, and closes. */
  close(): Promise<void>;
}

/** Begins to consume; a handler that rejects ends the process. */
export type Consume = (
  environment: WorkerEnvironment,
  handle: (delivery: Delivery) => Promise<End>,
) => Promise<Consumer>;
