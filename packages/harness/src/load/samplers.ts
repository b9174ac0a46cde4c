/**
 * What the lab itself reads of a load at the end of each window: how long the queues are, over a connection that no
 * trigger touches, and how busy the host was.
 */
import { cpus } from 'node:os';

import {
  hostInLoad,
  loadMsOf,
  loadQueues,
  longestOf,
  monotonicMs,
  storeKeys,
  windowCount,
  windowMsOf,
  within,
  type EventBody,
  type LoadCounts,
  type LoadSetting,
} from '@lab/contract';
import { policyNamed } from '@lab/retry';
import amqp, { type ChannelModel } from 'amqplib';

import { answerLimitMs, connectRedis } from '../direct-redis.ts';
import type { LoadScene } from './load-scene.ts';

type LoadBody = Extract<EventBody, { kind: 'load' }>;

/**
 * Looks when a window is over; of windows that were over before the last look was done it says what it sees now. Nothing is
 * looked at before the load has begun.
 */
export class LoadSampler implements AsyncDisposable {
  readonly #scene: LoadScene;
  readonly #depths: DepthReader;
  #next = 0;
  #busyBefore = processorTimes();

  constructor(scene: LoadScene) {
    this.#scene = scene;
    this.#depths = new DepthReader(scene);
  }

  /** @param startedAt the load's zero, or null when it is not known yet */
  async look(startedAt: number | null): Promise<void> {
    if (startedAt === null) return;
    const window = windowsOver(monotonicMs() - startedAt, longestOf(this.#scene.setting)) - 1;
    if (window < this.#next) return;
    const missed = Array.from({ length: window - this.#next }, (_, index) => this.#next + index);
    this.#next = window + 1;
    const now = processorTimes();
    const cpu = busyShare(this.#busyBefore, now);
    this.#busyBefore = now;
    const { requests, jobs, dropped } = await this.#depths.read();
    for (const over of [...missed, window]) {
      const say = (queue: string, counts: LoadCounts): void => {
        const event: LoadBody = { kind: 'load', queue, window: over, startedAt, counts };
        this.#scene.record(event);
      };
      const taken = over === window ? dropped : 0; // those of the windows before are in it
      say(hostInLoad, { cpu });
      say(loadQueues.requests, { depth: requests, ...(taken === null ? {} : { dropped: taken }) });
      if (jobs !== null) say(loadQueues.jobs, { jobsDepth: jobs });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#depths[Symbol.asyncDispose]();
  }
}

/** How many windows of a load are over after so many ms; the last one ends with the load and may be a short one. */
export function windowsOver(elapsedMs: number, setting: Parameters<typeof windowCount>[0]): number {
  return elapsedMs >= loadMsOf(setting)
    ? windowCount(setting)
    : Math.floor(elapsedMs / windowMsOf(setting));
}

interface Depths {
  readonly requests: number;
  /** Null where there is no pool. */
  readonly jobs: number | null;
  /** Dead-lettered since the last look; null where the queue's rules take nothing out. */
  readonly dropped: number | null;
}

/** Counts come from a passive declare, which asks the queue itself; the management API's are sampled. */
class DepthReader implements AsyncDisposable {
  readonly #scene: LoadScene;
  readonly #hasDropped: boolean;
  readonly #jobs: JobsReader | null;
  #connection: ChannelModel | undefined;
  #droppedBefore = 0;

  constructor(scene: LoadScene) {
    this.#scene = scene;
    const { setting } = scene;
    const { overflow, messageTtlMs } = policyNamed(setting.policy).queue?.(setting) ?? {};
    // a queue that refuses takes nothing out again, so it has no dead letters
    this.#hasDropped = messageTtlMs !== undefined || overflow === 'drop-head';
    this.#jobs = jobsReader(scene);
  }

  async read(): Promise<Depths> {
    const requests = await this.#depth(loadQueues.requests);
    const jobs = this.#jobs === null ? null : await this.#jobs.depth((name) => this.#depth(name));
    if (!this.#hasDropped) return { requests, jobs, dropped: null };
    const ever = await this.#depth(loadQueues.dropped);
    const dropped = Math.max(0, ever - this.#droppedBefore);
    this.#droppedBefore = ever;
    return { requests, jobs, dropped };
  }

  async #depth(queue: string): Promise<number> {
    try {
      return await within('RabbitMQ answers the lab', this.#ask(queue), { limitMs: answerLimitMs });
    } catch (error) {
      this.#connection = undefined;
      if (this.#scene.setting.trigger === 'restart') return 0; // a broker that is down has no queue, and these do not outlive it
      throw error;
    }
  }

  async #ask(queue: string): Promise<number> {
    const { rabbitmq } = this.#scene.lab.brokers;
    this.#connection ??= await this.#connect(rabbitmq.tls);
    const channel = await this.#connection.createChannel();
    channel.on('error', () => undefined); // the call that failed says it
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  }

  async #connect(tls: LoadScene['lab']['brokers']['rabbitmq']['tls']): Promise<ChannelModel> {
    const connection = await amqp.connect(this.#scene.vhost.directUrl, {
      ...tls,
      timeout: answerLimitMs,
    });
    connection.on('error', () => undefined); // the next look reconnects or says why it cannot
    return connection;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#jobs?.close();
    await this.#connection?.close().catch(() => undefined); // a restart may have ended it
  }
}

interface JobsReader {
  depth(rabbitmq: (queue: string) => Promise<number>): Promise<number>;
  close(): Promise<void>;
}

function jobsReader({ setting, lab, prefix }: LoadScene): JobsReader | null {
  if (!hasPool(setting)) return null;
  if (setting.transport === 'rabbitmq' || prefix === null) {
    return { depth: (read) => read(loadQueues.jobs), close: () => Promise.resolve() };
  }
  const opened = openBullmq(lab.brokers.redis, prefix);
  return {
    depth: async () => (await opened).depth(),
    close: async () => (await opened).close(),
  };
}

/** Whether jobs wait in a queue of their own for a pool. */
export function hasPool({ topology }: LoadSetting): boolean {
  return topology === 'in-slot' || topology === 're-enqueue' || topology === 'lease';
}

async function openBullmq(
  server: LoadScene['lab']['brokers']['redis'],
  prefix: string,
): Promise<{ depth(): Promise<number>; close(): Promise<void> }> {
  const { Queue } = await import('bullmq');
  const connection = connectRedis(server);
  const queue = new Queue(loadQueues.jobs, {
    connection,
    prefix: storeKeys(prefix).bullmq,
    skipMetasUpdate: true,
  });
  queue.on('error', () => undefined); // the look that meets it says it
  return {
    depth: async () => {
      const counts = await queue.getJobCounts('waiting', 'delayed', 'prioritized');
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    },
    close: async () => {
      connection.disconnect(); // first: closing would wait for a server that is gone
      await queue.close();
    },
  };
}

interface ProcessorTimes {
  readonly busy: number;
  readonly idle: number;
}

/** Of all processors together, ms since the machine started. */
function processorTimes(): ProcessorTimes {
  let busy = 0;
  let idle = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    busy += times.user + times.nice + times.sys + times.irq;
  }
  return { busy, idle };
}

function busyShare(before: ProcessorTimes, now: ProcessorTimes): number {
  const busy = now.busy - before.busy;
  const all = busy + now.idle - before.idle;
  return all > 0 ? Math.round((busy / all) * 1000) / 1000 : 0;
}
