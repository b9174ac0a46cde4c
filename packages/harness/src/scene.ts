/**
 * The scene of one cell: its vhost and key space, its links, its processes, its faults. What a fault script
 * sees of it is `Stage`. Disposing it heals, ends and removes everything, in that order.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { RabbitmqServer, RedisServer, Vhost } from '@lab/brokers';
import {
  type EventBody,
  type Fault,
  type Transport,
  type WireEvent,
  until,
  type Probed,
} from '@lab/contract';
import { openNetwork, type Link, type Network } from '@lab/network';

import type { CellPlan } from './cell-plan.ts';
import { expectAllCleared } from './ending.ts';
import type { Stage } from './failure-mode.ts';
import { InjectedFaults } from './injected-faults.ts';
import type { Laboratory } from './laboratory.ts';
import type { ObserverOptions } from './observer.ts';
import { RecordedWaits } from './recorded-waits.ts';
import type { CellRecorder } from './recorder.ts';
import type { RunFolder } from './run-folder.ts';
import { SystemProcess, type Exit, type JobProgram } from './system-process.ts';

export interface Scene extends Stage, ObserverOptions, AsyncDisposable {
  readonly lab: Laboratory;
  /** Starts a system process with links of its own to every server it uses. */
  spawn(program: JobProgram, role: string): Promise<SystemProcess>;
  stop(role: string): Promise<Exit>;
  /** Whether what the cell started has ended, with all it had sent: only then a look at queue and ledger is the last word. */
  systemEnded(): Probed<true>;
  /** Heals whatever is still injected and checks it. */
  healAll(): Promise<void>;
  /** Waits for a promise that stands for a named event, and records whether it came. */
  bounded<T>(condition: string, promise: Promise<T>, limitMs: number): Promise<T>;
  /** Waits until the probe is met, and records whether it was. */
  waitFor<T>(condition: string, probe: () => Promise<Probed<T>>, limitMs: number): Promise<T>;
  /** Resolves when that many frames have crossed the cell's links from now on. */
  framesCrossed(count: number): Promise<void>;
  /** Lets a fault last. Not a trigger: nothing waits for it but the heal of an unsteered fault. */
  lasting(ms: number): Promise<void>;
}

const limitMsDefault = 15_000;

export async function openScene(
  lab: Laboratory,
  folder: RunFolder,
  plan: CellPlan,
  recorder: CellRecorder,
): Promise<Scene> {
  const { transport } = plan.spec;
  const name = `${plan.spec.id.replaceAll(/[^a-z0-9]+/g, '-')}-${randomUUID().slice(0, 8)}`;
  const { rabbitmq, redis } = lab.brokers;
  const vhost = transport === 'rabbitmq' ? await rabbitmq.createVhost(name) : undefined;
  const prefix = await redis.createKeyPrefix(name);
  const wire: WireEvent[] = [];
  const network = openNetwork({
    proxyServer: {
      ...lab.proxyServer,
      create: (link, upstream) => lab.proxyServer.create(`${name} ${link}`, upstream),
    }, // cells share the server, so their links carry the cell's name
    tap: lab.instruments,
    record: (event) => {
      if (event.kind === 'wire') wire.push(event);
      recorder.record('tap', event);
    },
  });
  return new OpenScene({
    lab,
    folder,
    plan,
    recorder,
    vhost,
    network,
    wire,
    prefix,
    transport,
  });
}

interface SceneParts {
  readonly lab: Laboratory;
  readonly folder: RunFolder;
  readonly plan: CellPlan;
  readonly recorder: CellRecorder;
  readonly vhost: Vhost | undefined;
  readonly network: Network;
  readonly wire: readonly WireEvent[];
  readonly prefix: string;
  readonly transport: Transport;
}

class OpenScene implements Scene {
  readonly lab: Laboratory;
  readonly transport: Transport;
  readonly rabbitmq: RabbitmqServer;
  readonly redis: RedisServer;
  readonly vhost: Vhost | undefined;
  readonly prefix: string;
  readonly #parts: SceneParts;
  readonly #links = new Map<string, Link>();
  readonly #processes = new Map<string, SystemProcess>();
  readonly #spawning = new Set<Promise<SystemProcess>>();
  #closing = false;
  readonly #faults: InjectedFaults;
  readonly #waits: RecordedWaits;

  constructor(parts: SceneParts) {
    this.#parts = parts;
    this.lab = parts.lab;
    this.transport = parts.transport;
    this.rabbitmq = parts.lab.brokers.rabbitmq;
    this.redis = parts.lab.brokers.redis;
    this.vhost = parts.vhost;
    this.prefix = parts.prefix;
    this.#faults = new InjectedFaults({
      say: (event) => this.#say(event),
      link: (target) => this.#links.get(target),
    });
    this.#waits = new RecordedWaits((event) => this.#say(event), parts.lab.signal);
  }

  link(from: string, to: 'rabbitmq' | 'redis'): Link {
    return found(this.#links, `${from}>${to}`, 'link');
  }

  process(role: string): SystemProcess {
    return found(this.#processes, role, 'process');
  }

  spawn(program: JobProgram, role: string): Promise<SystemProcess> {
    const spawned = this.#spawn(program, role);
    this.#spawning.add(spawned);
    return spawned;
  }

  async #spawn(program: JobProgram, role: string): Promise<SystemProcess> {
    const { folder, plan, recorder } = this.#parts;
    if (this.#closing) throw new Error(`the cell is over; ${role} is not started any more`);
    const file = plan.programs?.[program];
    const process = SystemProcess.spawn({
      program: file === undefined ? program : { file },
      role,
      environment: {
        ...this.lab.session.env,
        ...(await this.#addresses(role)),
        ROLE: role,
        TRANSPORT: this.transport,
        KEY_PREFIX: this.prefix,
        ...settingsOf(program, plan),
      },
      eventsFile: this.lab.instruments ? recorder.eventsFile(role) : null,
      logFile: join(folder.logsDir, plan.spec.id.replaceAll('/', '~'), `${role}.log`),
      record: (event) => this.#say(event),
      signal: this.lab.signal,
    });
    this.#processes.set(role, process);
    return process;
  }

  async stop(role: string): Promise<Exit> {
    return this.process(role).stop();
  }

  systemEnded(): Probed<true> {
    const running = [...this.#processes.values()].filter(({ exit }) => exit === undefined);
    const open = [...this.#links.values()].filter((link) => (link.connections?.open ?? 0) > 0);
    if (running.length + open.length === 0) return { met: true };
    const left = [
      ...running.map(({ role }) => `${role} runs`),
      ...open.map(({ id }) => `${id} is open`),
    ];
    return { missing: left.join(', ') };
  }

  inject(fault: Fault): Promise<void> {
    return this.#faults.inject(fault);
  }

  heal(fault: Fault): Promise<void> {
    return this.#faults.heal(fault);
  }

  healAll(): Promise<void> {
    return this.#faults.healAll();
  }

  seen(
    condition: string,
    predicate: (event: WireEvent) => boolean,
    limitMs = limitMsDefault,
  ): Promise<WireEvent> {
    const past = this.#parts.wire.find((event) => predicate(event));
    if (past !== undefined) return Promise.resolve(past);
    const { promise, resolve } = Promise.withResolvers<WireEvent>();
    const stop = this.#parts.recorder.listen((event) => {
      if (event.kind === 'wire' && predicate(event)) resolve(event);
    });
    return this.bounded(condition, promise, limitMs).finally(stop);
  }

  inHand(): number {
    const open = new Set<string>();
    for (const { means, passage, keys = [] } of this.#parts.wire) {
      if (passage !== 'crossed') continue;
      if (means === 'confirm') for (const key of keys) open.add(key);
    }
    for (const { means, passage, keys = [] } of this.#parts.wire) {
      if (passage !== 'crossed') continue;
      if (means === 'settle' || means === 'reject') for (const key of keys) open.delete(key);
    }
    return open.size;
  }

  async framesCrossed(count: number): Promise<void> {
    let crossed = 0;
    await new Promise<void>((resolve) => {
      const stop = this.#parts.recorder.listen((event) => {
        if (event.kind !== 'wire' || event.passage !== 'crossed') return;
        crossed += 1;
        if (crossed < count) return;
        stop();
        resolve();
      });
    });
  }

  async lasting(ms: number): Promise<void> {
    const end = performance.now() + ms;
    await until(
      `the fault has lasted ${ms} ms`,
      () => (performance.now() >= end ? { met: true } : { missing: 'time' }),
      { limitMs: ms + 1000, signal: this.lab.signal },
    );
  }

  bounded<T>(condition: string, promise: Promise<T>, limitMs: number): Promise<T> {
    return this.#waits.bounded(condition, promise, limitMs);
  }

  waitFor<T>(condition: string, probe: () => Promise<Probed<T>>, limitMs: number): Promise<T> {
    return this.#waits.until(condition, probe, limitMs);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { network, vhost } = this.#parts;
    this.#closing = true;
    await Promise.allSettled(this.#spawning); // one that is half made would be missed below
    const heals = await this.#faults.healWhatCanBe();
    const endings = await Promise.allSettled(
      [...this.#processes.values()].map((process) => process[Symbol.asyncDispose]()),
    );
    const removals = await Promise.allSettled([
      network[Symbol.asyncDispose](),
      ...(this.lab.keep ? [] : [vhost?.remove(), this.redis.removeKeys(this.prefix)]),
    ]);
    expectAllCleared([...heals, ...endings, ...removals]);
  }

  /** Links for a role, made when it starts; the URLs it gets lead through them. */
  async #addresses(role: string): Promise<Record<string, string>> {
    const { vhost, redis } = this;
    const usesBroker = vhost !== undefined && !role.startsWith('reconciler');
    const [store, broker] = await Promise.all([
      this.#openLink(role, 'redis'),
      usesBroker ? this.#openLink(role, 'rabbitmq') : undefined,
    ]);
    return {
      REDIS_URL: redis.url(store.host, store.port),
      ...(usesBroker && broker !== undefined
        ? { RABBITMQ_URL: vhost.url(broker.host, broker.port) }
        : {}),
    };
  }

  async #openLink(from: string, to: 'rabbitmq' | 'redis'): Promise<Link['listen']> {
    const server = to === 'rabbitmq' ? this.rabbitmq : this.redis;
    const link = await this.#parts.network.link({
      from,
      to,
      protocol: to === 'rabbitmq' ? 'amqp' : 'redis',
      target: { ...server.fromProxy, ...(server.tls === undefined ? {} : { tls: server.tls }) },
    });
    this.#links.set(link.id, link);
    return link.listen;
  }

  #say(event: EventBody): void {
    this.#parts.recorder.record('lab', event);
  }
}

function settingsOf(program: JobProgram, plan: CellPlan): Record<string, string> {
  const { jobs, seed } = plan.spec;
  switch (program) {
    case 'producer':
      return { JOBS: String(jobs), SEED: String(seed), CONFIRM_WINDOW: '4', ...plan.producer };
    case 'worker':
      return { ...plan.worker };
    case 'reconciler':
      return {};
  }
}

function found<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const value = map.get(name);
  if (value === undefined) {
    throw new Error(`no ${what} named ${name}; there are: ${[...map.keys()].join(', ')}`);
  }
  return value;
}
