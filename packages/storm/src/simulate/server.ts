/**
 * The server: so many slots, each busy with one request at a time for as long as that request costs. It answers and
 * then acknowledges. The trigger is between it and the broker, or holds it still.
 */
import type { ServerRules } from '@lab/retry';
import { failsAtRandom, serviceMsOf } from '@lab/workload';

import { Backlog } from './backlog.ts';
import type { Delivery, RequestConsumer, RequestQueue } from './request-queue.ts';
import type { Answer, Request } from './request.ts';
import type { World } from './world.ts';

const firstInFirstOut: ServerRules = {
  order: 'fifo',
  dropExpired: false,
  codelTargetMs: null,
  codelIntervalMs: 0,
  buffer: 0,
};

function serverRulesOf({ policy, setting }: World): ServerRules {
  return policy.server?.(setting) ?? firstInFirstOut;
}

/** Messages the server has at most: enough that a slot's next request is there when it is free, or its whole buffer. */
export function prefetchOf(world: World): number {
  const { slots } = world.setting;
  const { order, buffer } = serverRulesOf(world);
  const ahead = order === 'fifo' ? Math.ceil(slots / 2) : buffer;
  return Math.min(slots + Math.max(1, ahead), 65_535);
}

export class Server implements RequestConsumer {
  readonly #world: World;
  readonly #queue: RequestQueue;
  readonly #backlog: Backlog<Delivery>;
  /** Measured capacity in parts of the nominal one: a slower server takes longer for everything. */
  readonly #slowdown: number;
  #busy = 0;
  #inHand = 0;
  /** Deliveries of a connection that is gone can be neither answered nor acknowledged. */
  #connection = {};

  constructor(world: World, queue: RequestQueue) {
    const { slots, serviceMs, capacityPerS } = world.setting;
    this.#world = world;
    this.#queue = queue;
    this.#backlog = new Backlog(serverRulesOf(world));
    this.#slowdown = (1000 * slots) / serviceMs / capacityPerS;
    this.#liveThroughTrigger();
    queue.consume(this);
  }

  /** Requests that have come to it and are not settled, as it counts them itself. */
  inHand(): number {
    return this.#inHand;
  }

  deliver(delivery: Delivery): void {
    const connection = this.#connection;
    const { trigger, clock } = this.#world;
    const arrivesMs = trigger.arrivesMs(clock.nowMs);
    if (arrivesMs === null) return;
    this.#when(trigger.endsMs(arrivesMs), () => {
      if (connection !== this.#connection) return;
      this.#world.tally.add('delivered');
      this.#inHand += 1;
      this.#backlog.add(delivery, clock.nowMs);
      this.#takeUp();
    });
  }

  #takeUp(): void {
    const { clock, setting, tally, timings, trigger } = this.#world;
    const nowMs = clock.nowMs;
    while (this.#busy < setting.slots && !trigger.lastsAt('stall', nowMs)) {
      const connection = this.#connection;
      const delivery = this.#backlog.take(nowMs, (dropped) => {
        tally.add('expired');
        this.#acknowledge(dropped, connection);
      });
      if (delivery === undefined) return;
      const { request } = delivery;
      timings.record('queue-age', request.dueMs, nowMs - request.sentMs);
      this.#busy += 1;
      clock.at(trigger.endsMs(nowMs + this.#costsMs(request)), () => {
        this.#busy -= 1;
        this.#finish(delivery, connection);
        this.#takeUp();
      });
    }
  }

  #finish(delivery: Delivery, connection: object): void {
    const { clock, tally, trigger } = this.#world;
    tally.add('served');
    const answer = this.#answerTo(delivery.request);
    const arrivesMs = trigger.arrivesMs(clock.nowMs);
    if (arrivesMs !== null && connection === this.#connection) {
      this.#when(arrivesMs, () => delivery.request.answered(answer));
    }
    this.#acknowledge(delivery, connection);
  }

  #acknowledge(delivery: Delivery, connection: object): void {
    if (connection === this.#connection) this.#inHand -= 1;
    const arrivesMs = this.#world.trigger.arrivesMs(this.#world.clock.nowMs);
    if (arrivesMs === null || connection !== this.#connection) return;
    this.#when(arrivesMs, () => this.#queue.acknowledge(delivery));
  }

  /** In `layers` the work is one write to a store, which takes no time worth counting. */
  #costsMs({ job, attempt }: Request): number {
    const { setting } = this.#world;
    return setting.topology === 'layers' ? 0 : this.#slowdown * serviceMsOf(setting, job, attempt);
  }

  #answerTo({ job, attempt }: Request): Answer {
    const { setting, trigger, clock } = this.#world;
    const failed = !trigger.storeAnswersAt(clock.nowMs) || failsAtRandom(setting, job, attempt);
    return failed ? 'error' : 'ok';
  }

  /** At once where there is nothing between, so that what belongs together is not torn apart. */
  #when(atMs: number, act: () => void): void {
    if (atMs <= this.#world.clock.nowMs) act();
    else this.#world.clock.at(atMs, act);
  }

  #liveThroughTrigger(): void {
    const { clock, trigger } = this.#world;
    if (trigger.kind === 'stall') clock.at(trigger.offMs, () => this.#takeUp());
    if (trigger.kind !== 'blackhole' && trigger.kind !== 'restart') return;
    clock.at(trigger.kind === 'restart' ? trigger.onMs : trigger.offMs, () => {
      this.#connection = {};
      this.#inHand = 0;
      this.#backlog.clear();
      this.#queue.loseConsumer();
    });
    clock.at(trigger.reconnectedMs, () => this.#queue.consume(this));
  }
}
