/**
 * What a message transport is to the worker: it delivers, asks what to do with each delivery, and does it.
 * Delivering again is the transport's business; deciding whether a delivery has an effect is not.
 */
import type { Journal, WorkerEnvironment } from '@lab/contract';
import type { Logger } from 'pino';

import type { Attempt, Delivery } from '../attempt.ts';

interface TransportOptions {
  readonly environment: WorkerEnvironment;
  readonly log: Logger;
  readonly journal: Journal;
  /** Never rejects. */
  readonly handle: (delivery: Delivery) => Promise<Attempt>;
}

/** `abandoned`: how many deliveries were still in hand when the limit came; the broker delivers them again. */
interface Drained {
  readonly abandoned: number;
}

interface Transport {
  /** Stops taking deliveries, waits until those in hand are settled, closes. Takes no longer than the limit. */
  drain(limitMs: number): Promise<Drained>;
}

/** Connects and begins to deliver. @throws when the servers cannot be reached. */
export type OpenTransport = (options: TransportOptions) => Promise<Transport>;
