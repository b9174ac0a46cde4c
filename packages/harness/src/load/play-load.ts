/**
 * The life of one load: servers, pool, client; windows of warm-up; the trigger, read back, for as long as it lasts;
 * windows of watching until the client has counted them all, or until they are enough to say what has become of it. Whatever happens, faults are healed, processes ended, and
 * the vhost, the keys and the links removed.
 */
import {
  loadMsOf,
  longestOf,
  monotonicMs,
  until,
  windowMsOf,
  type EventBody,
  type LifePhase,
  type LoadSetting,
} from '@lab/contract';

import type { Laboratory } from '../laboratory.ts';
import type { CellRecorder } from '../recorder.ts';
import type { RunFolder } from '../run-folder.ts';
import type { SystemProcess } from '../system-process.ts';
import { EventFollower } from './event-follower.ts';
import { openLoadScene, type LoadScene } from './load-scene.ts';
import { LoadWatch } from './load-watch.ts';
import { hasPool, LoadSampler } from './samplers.ts';
import type { Place } from './start-line.ts';
import { expectTriggerFits, triggerOf } from './trigger.ts';

export interface PlayLoadOptions {
  readonly id: string;
  readonly setting: LoadSetting;
  readonly recorder: CellRecorder;
  readonly signal: AbortSignal;
  /** What is done about it while the load goes on, once the trigger is healed. */
  readonly afterTrigger?: (scene: LoadScene, windows: WindowsCounted) => Promise<void>;
  /** Where loads that run side by side begin together, none while another's programs are still starting. */
  readonly place?: Place;
  readonly onPhase?: (phase: LifePhase) => void;
  /** Hears what the programs of the load write, as they write it. */
  readonly onEvent?: (event: EventBody, source: string) => void;
}

/** @throws when a program ends that should not, or something that was waited for did not come */
export async function playLoad(
  lab: Laboratory,
  folder: RunFolder,
  options: PlayLoadOptions,
): Promise<void> {
  const { setting, signal } = options;
  expectTriggerFits(setting);
  await using scene = await openLoadScene(lab, folder, options);
  const enter = (name: LifePhase): void => {
    scene.record({ kind: 'phase', name });
    options.onPhase?.(name);
  };

  enter('start');
  const supporting = await startServers(scene);
  const client = await scene.spawn('client', 'client');
  await client.ready();
  await options.place?.ready(signal);

  enter('load');
  const windows = new WindowsCounted();
  const watch = new LoadWatch({ setting, clock: monotonicMs });
  const stopListening = options.recorder.listen((event) => watch.see(event, 'lab'));
  using follower = new EventFollower((event, source) => {
    windows.see(event, source);
    watch.see(event, source);
    options.onEvent?.(event, source);
  });
  for (const role of scene.processes.keys()) follower.follow(scene.eventsFile(role), role);
  await using sampler = new LoadSampler(scene);
  client.begin();

  const over = new AbortController();
  const limitMs = loadMsOf(longestOf(setting)) + graceMs;
  let watchedMs = setting.watchLimitMs === null ? setting.observeMs : null;
  const watching = until(
    'the client has counted its last window',
    async () => {
      follower.look();
      for (const process of supporting) expectRunning(process);
      await sampler.look(windows.startedAt);
      if (watchedMs === null) {
        watchedMs = watch.enough();
        if (watchedMs !== null) client.end();
      }
      return client.exit === undefined ? { missing: windows.toString() } : { met: true };
    },
    { limitMs, everyMs: 40, signal: AbortSignal.any([signal, over.signal]) },
  );
  try {
    await Promise.all([
      watching.then(() => expectEndedWell(client)),
      disturb(scene, windows, options, enter),
    ]);
  } finally {
    over.abort(new Error('the load is over'));
    await Promise.allSettled([watching]);
    stopListening();
  }
  if (watchedMs === null) throw new Error('the client ended before its watch was long enough');
  scene.record({ kind: 'watched', observeMs: watchedMs });
  enter('observe');
  await Promise.all(supporting.map((process) => process.stop())); // what they have counted is then written
  follower.look();
  enter('done');
}

/** How long a load may take beyond its schedule: to start, and to write down what it timed. */
const graceMs = 30_000;

/** Servers last to first, so that nobody calls a queue that is not there; then the pool. */
async function startServers(scene: LoadScene): Promise<SystemProcess[]> {
  const { setting } = scene;
  const started: SystemProcess[] = [];
  for (let hop = setting.hops; hop >= 1; hop -= 1) {
    const role = hop === setting.hops ? 'server' : `hop-${hop}`;
    const server = await scene.spawn('server', role, hop);
    await server.ready();
    started.push(server);
  }
  if (hasPool(setting)) {
    const pool = await scene.spawn('pool', 'pool');
    await pool.ready();
    started.push(pool);
  }
  return started;
}

/** Strikes when the warm-up is over, and heals `triggerMs` after the fault was read back. */
async function disturb(
  scene: LoadScene,
  windows: WindowsCounted,
  { setting, signal, afterTrigger }: PlayLoadOptions,
  enter: (phase: LifePhase) => void,
): Promise<void> {
  const windowMs = windowMsOf(setting);
  const warmUp = Math.ceil(setting.warmUpMs / windowMs);
  const startedAt = await scene.waits.bounded(
    'the client has counted the last window of the warm-up',
    windows.counted(Math.max(0, warmUp - 1)),
    setting.warmUpMs + windowMs + graceMs,
  );
  const fault = triggerOf(scene, startedAt);
  if (fault !== null) {
    enter('strike');
    await scene.faults.inject(fault);
    await lasting(setting, signal);
    enter('heal');
    await scene.faults.heal(fault);
  }
  await afterTrigger?.(scene, windows);
}

/** Lets a fault last. Not a trigger: nothing waits for it but the heal. A restart and a spike last as long as they do. */
async function lasting({ trigger, triggerMs }: LoadSetting, signal: AbortSignal): Promise<void> {
  if (trigger === 'restart' || trigger === 'spike') return;
  const end = performance.now() + triggerMs;
  await until(
    `the trigger has lasted ${triggerMs} ms`,
    () => (performance.now() >= end ? { met: true } : { missing: 'time' }),
    { limitMs: triggerMs + 1000, everyMs: 2, signal },
  );
}

/** Which windows the client has counted, as its lines come. */
export class WindowsCounted {
  /** The load's zero on the machine's monotonic clock, ms; null until the client's first line. */
  startedAt: number | null = null;
  #last = -1;
  readonly #awaited: { window: number; resolve: (startedAt: number) => void }[] = [];

  see(event: EventBody, source: string): void {
    if (event.kind !== 'load' || source !== 'client') return;
    const { startedAt, window } = event;
    this.startedAt = startedAt;
    this.#last = Math.max(this.#last, window);
    for (const awaited of this.#awaited) if (awaited.window <= window) awaited.resolve(startedAt);
  }

  /** @returns the load's zero, once the client has counted that window */
  counted(window: number): Promise<number> {
    if (this.startedAt !== null && window <= this.#last) return Promise.resolve(this.startedAt);
    const { promise, resolve } = Promise.withResolvers<number>();
    this.#awaited.push({ window, resolve });
    return promise;
  }

  toString(): string {
    return this.#last < 0 ? 'no window is counted yet' : `window ${this.#last} is counted`;
  }
}

function expectRunning({ role, exit }: SystemProcess): void {
  if (exit === undefined) return;
  throw new Error(`${role} ended (${exit.signal ?? `code ${exit.code}`}) while the load went on`);
}

function expectEndedWell({ role, exit }: SystemProcess): void {
  if (exit?.code === 0) return;
  throw new Error(`${role} ended with ${exit?.signal ?? `code ${exit?.code}`}; its log says why`);
}
