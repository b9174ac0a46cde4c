/**
 * The scene of a load: a vhost of its own, a key space where the load has a store, the processes of `packages/load`,
 * and a link through Toxiproxy for the one role that the trigger acts on. Links carry no tap: a load is judged by
 * counts, and a tap in the path would be part of what is measured.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import type { Vhost } from '@lab/brokers';
import type { EventBody, LoadSetting } from '@lab/contract';
import { openNetwork, type Link, type Network } from '@lab/network';

import { expectAllCleared } from '../ending.ts';
import { InjectedFaults } from '../injected-faults.ts';
import type { Laboratory } from '../laboratory.ts';
import { RecordedWaits } from '../recorded-waits.ts';
import type { CellRecorder } from '../recorder.ts';
import type { RunFolder } from '../run-folder.ts';
import { SystemProcess, type LoadProgram } from '../system-process.ts';

export interface LoadSceneOptions {
  /** Unique within the run. */
  readonly id: string;
  readonly setting: LoadSetting;
  readonly recorder: CellRecorder;
  readonly signal: AbortSignal;
}

type ServerName = 'rabbitmq' | 'redis';

export async function openLoadScene(
  lab: Laboratory,
  folder: RunFolder,
  options: LoadSceneOptions,
): Promise<LoadScene> {
  const { id, setting } = options;
  const name = `${id.replaceAll(/[^a-z0-9]+/g, '-')}-${randomUUID().slice(0, 8)}`;
  const { rabbitmq, redis } = lab.brokers;
  const vhost = await rabbitmq.createVhost(name);
  const prefix = hasStore(setting) ? await redis.createKeyPrefix(name) : null;
  const network = openNetwork({
    proxyServer: {
      ...lab.proxyServer,
      create: (link, upstream) => lab.proxyServer.create(`${name} ${link}`, upstream),
    }, // loads share the server, so their links carry the cell's name
    tap: speaksTls(lab), // the programs speak plain AMQP and RESP; the tap speaks TLS for them
    record: () => undefined,
  });
  return new LoadScene({ lab, folder, options, vhost, prefix, network });
}

/** Only the last hop of `layers` and BullMQ need Redis. */
export function hasStore({ topology, transport }: LoadSetting): boolean {
  return topology === 'layers' || transport === 'bullmq';
}

function speaksTls({ brokers }: Laboratory): boolean {
  return brokers.rabbitmq.tls !== undefined || brokers.redis.tls !== undefined;
}

/** The link that the trigger acts on, or null where it acts on none. */
export function struckLink({ trigger }: LoadSetting): string | null {
  if (trigger === 'blackhole' || trigger === 'latency') return 'server>rabbitmq';
  return trigger === 'outage' ? 'server>redis' : null;
}

interface SceneParts {
  readonly lab: Laboratory;
  readonly folder: RunFolder;
  readonly options: LoadSceneOptions;
  readonly vhost: Vhost;
  readonly prefix: string | null;
  readonly network: Network;
}

export class LoadScene implements AsyncDisposable {
  readonly lab: Laboratory;
  readonly setting: LoadSetting;
  readonly vhost: Vhost;
  readonly prefix: string | null;
  readonly faults: InjectedFaults;
  readonly waits: RecordedWaits;
  readonly #parts: SceneParts;
  readonly #links = new Map<string, Link>();
  readonly #processes = new Map<string, SystemProcess>();
  readonly #spawning = new Set<Promise<SystemProcess>>();
  #closing = false;

  constructor(parts: SceneParts) {
    this.#parts = parts;
    this.lab = parts.lab;
    this.setting = parts.options.setting;
    this.vhost = parts.vhost;
    this.prefix = parts.prefix;
    this.faults = new InjectedFaults({
      say: (event) => this.record(event),
      link: (target) => this.#links.get(target),
    });
    this.waits = new RecordedWaits((event) => this.record(event), parts.options.signal);
  }

  /** Every process that was started, by its role. */
  get processes(): ReadonlyMap<string, SystemProcess> {
    return this.#processes;
  }

  process(role: string): SystemProcess {
    return found(this.#processes, role, 'process');
  }

  link(id: string): Link {
    return found(this.#links, id, 'link');
  }

  eventsFile(role: string): string {
    return this.#parts.options.recorder.eventsFile(role);
  }

  record(event: EventBody): void {
    this.#parts.options.recorder.record('lab', event);
  }

  /** @param hop which hop a server is, 1 is the first */
  spawn(program: LoadProgram, role: string, hop = 1): Promise<SystemProcess> {
    const spawned = this.#spawn(program, role, hop);
    this.#spawning.add(spawned);
    return spawned;
  }

  async #spawn(program: LoadProgram, role: string, hop: number): Promise<SystemProcess> {
    if (this.#closing) throw new Error(`the load is over; ${role} is not started any more`);
    const { folder, options } = this.#parts;
    const process = SystemProcess.spawn({
      program,
      role,
      environment: {
        ...this.lab.session.env,
        ...(await this.#addresses(role)),
        ROLE: role,
        HOP: String(hop),
        START: 'on-signal',
        LOAD: JSON.stringify(this.setting),
      },
      eventsFile: this.eventsFile(role),
      logFile: join(folder.logsDir, options.id.replaceAll('/', '~'), `${role}.log`),
      record: (event) => this.record(event),
      signal: options.signal,
    });
    this.#processes.set(role, process);
    return process;
  }

  async #addresses(role: string): Promise<Record<string, string>> {
    const { redis } = this.lab.brokers;
    const broker = await this.#linkFor(role, 'rabbitmq');
    const addresses = {
      RABBITMQ_URL:
        broker === null ? this.vhost.directUrl : this.vhost.url(broker.host, broker.port),
    };
    if (this.prefix === null) return addresses;
    const store = await this.#linkFor(role, 'redis');
    return {
      ...addresses,
      REDIS_URL: store === null ? redis.directUrl : redis.url(store.host, store.port),
      KEY_PREFIX: this.prefix,
    };
  }

  /** Where the role dials a server: null is straight at it. */
  async #linkFor(from: string, to: ServerName): Promise<Link['listen'] | null> {
    const server = this.lab.brokers[to];
    const wanted = struckLink(this.setting) === `${from}>${to}` || server.tls !== undefined;
    if (!wanted) return null;
    const link = await this.#parts.network.link({
      from,
      to,
      protocol: to === 'rabbitmq' ? 'amqp' : 'redis',
      target: { ...server.fromProxy, ...(server.tls === undefined ? {} : { tls: server.tls }) },
    });
    this.#links.set(link.id, link);
    return link.listen;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { network, vhost, prefix, lab } = this.#parts;
    this.#closing = true;
    await Promise.allSettled(this.#spawning); // one that is half made would be missed below
    const heals = await this.faults.healWhatCanBe();
    const endings = await Promise.allSettled(
      [...this.#processes.values()].map((process) => process[Symbol.asyncDispose]()),
    );
    const removals = await Promise.allSettled([
      network[Symbol.asyncDispose](),
      ...(lab.keep ? [] : [vhost.remove()]),
      ...(lab.keep || prefix === null ? [] : [lab.brokers.redis.removeKeys(prefix)]),
    ]);
    expectAllCleared([...heals, ...endings, ...removals]);
  }
}

function found<T>(map: ReadonlyMap<string, T>, name: string, what: string): T {
  const value = map.get(name);
  if (value === undefined) {
    throw new Error(`no ${what} named ${name}; there are: ${[...map.keys()].join(', ')}`);
  }
  return value;
}
