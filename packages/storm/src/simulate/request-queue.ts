/**
 * A classic queue with one consumer: first in, first out, as many messages unacknowledged as its prefetch, and the
 * bounds a policy asks for. Bounds and expiry are the broker's: they see ready messages only, and a message expires
 * at the head of the queue or not at all.
 */
import type { QueueRules } from '@lab/retry';

import type { Clock } from './clock.ts';
import type { Request } from './request.ts';
import { Ring } from './ring.ts';

export interface RequestConsumer {
  /** Takes a message over; the broker keeps it until `acknowledge`. */
  deliver(delivery: Delivery): void;
}

/** One handing over; a message that is given back is handed over anew. */
export interface Delivery {
  readonly request: Request;
}

export interface RequestQueueOptions {
  readonly rules: QueueRules;
  readonly prefetch: number;
  /** Called for every message that the broker takes out. */
  readonly dropped: () => void;
}

export class RequestQueue {
  readonly #clock: Clock;
  readonly #options: RequestQueueOptions;
  readonly #ready = new Ring<Request>();
  readonly #unacknowledged = new Set<Delivery>();
  #consumer: RequestConsumer | undefined;
  #up = true;

  constructor(clock: Clock, options: RequestQueueOptions) {
    this.#clock = clock;
    this.#options = options;
  }

  consume(consumer: RequestConsumer): void {
    this.#consumer = consumer;
    this.#handOut();
  }

  /** Its consumer's connection is gone: what that had goes back to the head, in its old order. */
  loseConsumer(): void {
    this.#consumer = undefined;
    const returned = [...this.#unacknowledged].toReversed();
    this.#unacknowledged.clear();
    for (const { request } of returned) this.#ready.unshift(request);
  }

  /** @returns `lost`: there is no broker to take it, and nobody is told */
  publish(request: Request): 'taken' | 'rejected' | 'lost' {
    if (!this.#up) return 'lost';
    const { maxLength = Number.POSITIVE_INFINITY, overflow = 'drop-head' } = this.#options.rules;
    this.#expire();
    if (overflow === 'reject-publish' && this.#ready.length + 1 > maxLength) return 'rejected';
    this.#ready.push(request);
    this.#handOut();
    while (this.#ready.length > maxLength) {
      this.#ready.shift();
      this.#options.dropped();
    }
    return 'taken';
  }

  acknowledge(delivery: Delivery): void {
    if (this.#unacknowledged.delete(delivery)) this.#handOut();
  }

  /** Messages ready, as a passive declare counts them. */
  depth(): number {
    this.#expire();
    return this.#ready.length;
  }

  /** The broker dies, and what it had: queue and messages are transient. */
  crash(): void {
    this.#up = false;
    this.#consumer = undefined;
    this.#ready.clear();
    this.#unacknowledged.clear();
  }

  /** The broker is back, and whoever publishes here has found it. */
  restart(): void {
    this.#up = true;
  }

  #handOut(): void {
    while (this.#consumer !== undefined && this.#unacknowledged.size < this.#options.prefetch) {
      this.#expire();
      const request = this.#ready.shift();
      if (request === undefined) return;
      const delivery = { request };
      this.#unacknowledged.add(delivery);
      this.#consumer.deliver(delivery);
    }
  }

  #expire(): void {
    const { messageTtlMs } = this.#options.rules;
    if (messageTtlMs === undefined) return;
    const sentBefore = this.#clock.nowMs - messageTtlMs;
    for (let head = this.#ready.first; head !== undefined; head = this.#ready.first) {
      if (head.sentMs > sentBefore) return;
      this.#ready.shift();
      this.#options.dropped();
    }
  }
}
