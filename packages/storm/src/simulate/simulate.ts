/**
 * Plays a load in simulated time: the same arrivals, the same service times, the same policies' code and the same way
 * of counting as the programs that run against a broker. What is left out is the machine: the way to the broker and
 * back takes no time, and nobody waits for a processor.
 *
 *   arrivals -> calls --------------------------> request queue -> server
 *            \-> pool -> requests of its slots -/
 */
import { loadMsOf, longestOf, watchedFor, type LoadSetting } from '@lab/contract';
import { arrivalsOf } from '@lab/workload';

import type { TimingSummary } from '../result.ts';
import type { LoadSeries } from '../series.ts';
import { isDecided, watchesOf } from '../watch.ts';
import { Calls } from './calls.ts';
import { lease } from './lease.ts';
import type { Offer } from './offer.ts';
import { Pool } from './pool.ts';
import { Relay, relayPrefetch } from './relay.ts';
import { RequestQueue } from './request-queue.ts';
import { Requester } from './requester.ts';
import { prefetchOf, Server } from './server.ts';
import { inSlot, reEnqueue } from './slots.ts';
import { worldOf, type World } from './world.ts';

export interface Simulated {
  /** As it was watched. */
  readonly setting: LoadSetting;
  readonly series: LoadSeries;
  /** All but `send-lag`: the simulated generator is never late. */
  readonly timings: TimingSummary[];
  /** Attempts that reached the queue of each hop over the whole load, first hop to last. */
  readonly attemptsByHop: number[];
}

/**
 * The same setting gives the same result, always. Where the setting has a limit the watch is prolonged as that of a real
 * load is, until there is a word for it.
 * @throws RangeError when the setting names no policy, or a pool without slots
 */
export function simulate(setting: LoadSetting): Simulated {
  const world = worldOf(longestOf(setting));
  const requesters = hopsOf(world);
  const first = requesters[0];
  if (first === undefined) throw new RangeError('a load needs a queue');
  const offer = offerOf(world, first);

  offerAll(world, offer);
  const watched = watch(world, setting);
  offer.end();
  return {
    setting: watched,
    series: world.tally.series(loadMsOf(watched)),
    timings: world.timings.summaries(),
    attemptsByHop: requesters.map(({ reached }) => reached),
  };
}

/** Lives through the load for as long as it is watched. @returns it as it was watched */
function watch({ clock, tally }: World, setting: LoadSetting): LoadSetting {
  let watched = setting;
  for (const watchedMs of watchesOf(setting)) {
    watched = watchedFor(setting, watchedMs);
    clock.runUntil(loadMsOf(watched));
    const prolongs = setting.watchLimitMs !== null;
    if (!prolongs || isDecided(tally.series(clock.nowMs), setting, watchedMs)) break;
  }
  return watched;
}

/** Queues and whoever reads them, last to first. @returns who calls the queue of each hop, first to last */
function hopsOf(world: World): Requester[] {
  const { clock, policy, setting, tally, trigger } = world;
  const requesters: Requester[] = [];
  for (let hop = setting.hops; hop >= 1; hop--) {
    const last = hop === setting.hops;
    const queue = new RequestQueue(clock, {
      rules: (last && policy.queue?.(setting)) || {},
      prefetch: last ? prefetchOf(world) : relayPrefetch,
      dropped: () => tally.add('dropped'),
    });
    if (trigger.kind === 'restart') {
      clock.at(trigger.onMs, () => queue.crash());
      clock.at(trigger.reconnectedMs, () => queue.restart());
    }
    const next = requesters[0];
    if (next === undefined) {
      const server = new Server(world, queue);
      tally.sample('depth', () => queue.depth());
      tally.sample('unacknowledged', () => server.inHand());
    } else {
      void new Relay(world, hop, queue, next);
    }
    requesters.unshift(new Requester(world, { queue, last }));
  }
  return requesters;
}

function offerOf(world: World, first: Requester): Offer {
  switch (world.setting.topology) {
    case 'rpc':
    case 'layers':
      return new Calls(world, first);
    case 'in-slot':
      return new Pool(world, first, inSlot);
    case 're-enqueue':
      return new Pool(world, first, reEnqueue);
    case 'lease':
      return new Pool(world, first, lease);
  }
}

/** Every job when it is due, whatever became of those before. */
function offerAll({ clock, setting, tally }: World, offer: Offer): void {
  const arrivals = arrivalsOf(setting);
  const offerFrom = (job: number): void => {
    const dueMs = arrivals[job];
    if (dueMs === undefined) return;
    clock.at(dueMs, () => {
      offerFrom(job + 1);
      tally.add('offered');
      offer.offer(job, dueMs);
    });
  };
  offerFrom(0);
}
