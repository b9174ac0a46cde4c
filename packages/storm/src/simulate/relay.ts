/** A hop before the last: calls the next queue by the policy and passes on what came of it. It has no capacity of its own. */
import { Callers } from './callers.ts';
import type { Delivery, RequestConsumer, RequestQueue } from './request-queue.ts';
import type { Requester } from './requester.ts';
import type { World } from './world.ts';

/** Waiting for another's answer costs nothing: so many that it never is what is full. */
export const relayPrefetch = 10_000;

export class Relay implements RequestConsumer {
  readonly #world: World;
  readonly #queue: RequestQueue;
  readonly #callers: Callers;

  /** @param hop its own, from 1; it reads `queue` and calls by `next` */
  constructor(world: World, hop: number, queue: RequestQueue, next: Requester) {
    this.#world = world;
    this.#queue = queue;
    this.#callers = new Callers(world, { requester: next, name: `caller-${hop}`, timed: false });
    const { clock, trigger } = world;
    if (trigger.kind === 'restart') {
      clock.at(trigger.onMs, () => queue.loseConsumer());
      clock.at(trigger.reconnectedMs, () => queue.consume(this));
    }
    queue.consume(this);
  }

  deliver(delivery: Delivery): void {
    const { clock, setting, timings, trigger } = this.#world;
    const { job, attempt, dueMs, sentMs, answered } = delivery.request;
    timings.record('queue-age', dueMs, clock.nowMs - sentMs);
    const takenMs = clock.nowMs;
    const attemptsBefore = (attempt - 1) * setting.attempts;
    this.#callers.call({ job, dueMs, attemptsBefore }, (end) => {
      const lost =
        trigger.kind === 'restart' && takenMs < trigger.onMs && clock.nowMs >= trigger.onMs;
      if (lost) return; // the connection that it came by is gone
      answered(end === 'succeeded' ? 'ok' : 'error');
      this.#queue.acknowledge(delivery);
    });
  }
}
