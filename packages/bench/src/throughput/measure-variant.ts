/**
 * One run of one variant: a queue that is full before the worker starts, a worker that warms on the first jobs and is
 * timed on the rest, and the ledger compared afterwards. The clock reads the ledger over a connection of its own, so
 * that all variants are timed alike.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import type { Vhost } from '@lab/brokers';
import {
  ConditionTimeout,
  parseLedgerEntry,
  queueNames,
  storeKeys,
  until,
  type QueueType,
  type StoreKeys,
  type Transport,
} from '@lab/contract';
import { openNetwork, SystemProcess, type Laboratory } from '@lab/harness';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

import { deliveredExactly, type Delivery } from './delivered-exactly.ts';
import { fillBullmq, fillRabbitmq, jobsOf } from './fill-queue.ts';
import { cpuMsOf } from './process-cpu.ts';
import type { Variant } from './variants.ts';

export interface VariantOptions {
  readonly transport: Transport;
  readonly variant: Variant;
  /** Jobs that are timed. */
  readonly jobs: number;
  /** Jobs before those, that warm the worker. */
  readonly warmUpJobs: number;
  /** Prefetch on RabbitMQ, concurrency on BullMQ. */
  readonly prefetch: number;
  readonly queueType: QueueType;
  readonly limitMs: number;
}

export interface MeasuredVariant {
  readonly jobsPerS: number;
  readonly delivery: Delivery;
  /** What the worker process computed for a job, microseconds; null where the system does not tell. */
  readonly cpuUsPerJob: number | null;
  /** Bytes of history that the worker wrote. */
  readonly historyBytes: number;
}

/** @throws ConditionTimeout when not all jobs were effected within the limit */
export async function measureVariant(
  lab: Laboratory,
  options: VariantOptions,
): Promise<MeasuredVariant> {
  const { transport, variant, warmUpJobs, limitMs } = options;
  await using scene = await openScene(lab, options);
  const jobs = jobsOf(warmUpJobs + options.jobs);
  await scene.fill(jobs);

  const worker = scene.start();
  await worker.ready();
  const effects = (atLeast: number) =>
    until(
      `${transport} ${variant.name}: ${atLeast} effects`,
      async () => {
        const count = await scene.redis.llen(scene.keys.ledger);
        const at = performance.now();
        if (count >= atLeast) return { met: { count, at } };
        if (worker.exit !== undefined) throw new Error(`the ${variant.name} program ended early`);
        return { missing: `${count} effects` };
      },
      { limitMs, everyMs: 3, signal: lab.signal },
    );
  const warm = await effects(warmUpJobs);
  const warmCpuMs = cpuMsOf(worker.pid);
  const done = await effects(jobs.length);
  const doneCpuMs = cpuMsOf(worker.pid);
  await settled(scene, options, lab.signal);
  await worker.stop();

  const ledger = (await scene.redis.lrange(scene.keys.ledger, 0, -1)).map(parseLedgerEntry);
  const timed = done.count - warm.count;
  return {
    jobsPerS: timed / ((done.at - warm.at) / 1000),
    cpuUsPerJob:
      warmCpuMs === null || doneCpuMs === null ? null : ((doneCpuMs - warmCpuMs) * 1000) / timed,
    delivery: deliveredExactly(jobs, ledger, await scene.leftOver()),
    historyBytes: statSync(scene.eventsFile, { throwIfNoEntry: false })?.size ?? 0,
  };
}

/** The last acknowledgements are still on their way when the last effect is there. What never comes is left over. */
async function settled(scene: Scene, options: VariantOptions, signal: AbortSignal): Promise<void> {
  await until(
    `${options.transport} ${options.variant.name}: every delivery is settled`,
    async () => {
      const left = await scene.leftOver();
      return left === 0 ? { met: left } : { missing: `${left} are not` };
    },
    { limitMs: options.limitMs, everyMs: 20, signal },
  ).catch((error: unknown) => {
    if (!(error instanceof ConditionTimeout)) throw error;
  });
}

interface Scene extends AsyncDisposable {
  readonly redis: Redis;
  readonly keys: StoreKeys;
  readonly eventsFile: string;
  fill(jobs: ReturnType<typeof jobsOf>): Promise<void>;
  start(): SystemProcess;
  /** What is still in the queue, in hand or given up. */
  leftOver(): Promise<number>;
}

async function openScene(lab: Laboratory, options: VariantOptions): Promise<Scene> {
  const { rabbitmq, redis: store } = lab.brokers;
  await using making = new AsyncDisposableStack();
  const folder = mkdtempSync(join(lab.session.directory, 'throughput-')); // what is killed is cleared with its session
  making.defer(() => rmSync(folder, { recursive: true, force: true }));
  const name = `throughput-${options.variant.name}-${randomUUID().slice(0, 8)}`;
  const prefix = await store.createKeyPrefix(name);
  making.defer(async () => void (await store.removeKeys(prefix)));
  const vhost = options.transport === 'rabbitmq' ? await rabbitmq.createVhost(name) : undefined;
  making.defer(() => vhost?.remove());
  const redis = new Redis(store.directUrl, {
    maxRetriesPerRequest: null,
    ...(store.tls === undefined ? {} : { tls: { ...store.tls } }),
  });
  making.defer(() => redis.disconnect());

  const urls = await addresses(lab, options, vhost, name, making);
  const keys = storeKeys(prefix);
  const eventsFile = join(folder, 'worker.jsonl');
  const owned = making.move();
  return {
    redis,
    keys,
    eventsFile,
    fill: (jobs) =>
      vhost === undefined
        ? fillBullmq(store.directUrl, store.tls, keys.bullmq, jobs, lab.signal)
        : fillRabbitmq(vhost.directUrl, rabbitmq.tls, options.queueType, jobs, lab.signal),
    start: () =>
      owned.use(
        SystemProcess.spawn({
          ...programOf(options),
          role: 'worker-1',
          environment: {
            ...lab.session.env,
            ...urls,
            ...settingsOf(options, prefix, keys),
          },
          eventsFile: options.variant.history ? eventsFile : null,
          logFile: join(folder, 'worker.log'),
          record: () => undefined,
          signal: lab.signal,
        }),
      ),
    leftOver: () =>
      vhost === undefined ? unfinishedBullmq(redis, keys.bullmq) : unfinishedRabbitmq(vhost),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Straight to the servers, or through links that last as long as the scene. */
async function addresses(
  lab: Laboratory,
  { variant, transport }: VariantOptions,
  vhost: Vhost | undefined,
  name: string,
  making: AsyncDisposableStack,
): Promise<Record<string, string>> {
  const { rabbitmq, redis } = lab.brokers;
  if (variant.path === 'direct') {
    return {
      REDIS_URL: redis.directUrl,
      ...(vhost === undefined ? {} : { RABBITMQ_URL: vhost.directUrl }),
    };
  }
  const network = making.use(
    openNetwork({
      proxyServer: {
        ...lab.proxyServer,
        create: (link, upstream) => lab.proxyServer.create(`${name} ${link}`, upstream),
      },
      tap: variant.path === 'tap and proxy',
      record: () => undefined,
    }),
  );
  const from = 'worker-1';
  const storeLink = await network.link({
    from,
    to: 'redis',
    protocol: 'redis',
    target: { ...redis.fromProxy, ...(redis.tls === undefined ? {} : { tls: redis.tls }) },
  });
  const urls = { REDIS_URL: redis.url(storeLink.listen.host, storeLink.listen.port) };
  if (vhost === undefined || transport === 'bullmq') return urls;
  const brokerLink = await network.link({
    from,
    to: 'rabbitmq',
    protocol: 'amqp',
    target: { ...rabbitmq.fromProxy, ...(rabbitmq.tls === undefined ? {} : { tls: rabbitmq.tls }) },
  });
  return { ...urls, RABBITMQ_URL: vhost.url(brokerLink.listen.host, brokerLink.listen.port) };
}

function programOf({ variant, transport }: VariantOptions) {
  return variant.program === 'worker'
    ? { program: 'worker' as const }
    : { program: { file: join(import.meta.dirname, 'bare', `${transport}.ts`) } };
}

function settingsOf(
  { variant, transport, prefetch, queueType }: VariantOptions,
  prefix: string,
  keys: StoreKeys,
): Record<string, string> {
  if (variant.program === 'bare') {
    return {
      QUEUE: queueNames.jobs,
      QUEUE_PREFIX: keys.bullmq,
      CLAIMS: keys.claims,
      LEDGER: keys.ledger,
      PREFETCH: String(prefetch),
    };
  }
  return {
    ROLE: 'worker-1',
    TRANSPORT: transport,
    KEY_PREFIX: prefix,
    GUARD: variant.guard,
    PREFETCH: String(prefetch),
    QUEUE_TYPE: queueType,
    LOG_LEVEL: 'warn',
    LOCK_DURATION_MS: '30000', // BullMQ's own defaults, as the bare loop has them
    STALLED_INTERVAL_MS: '30000',
  };
}

async function unfinishedRabbitmq(vhost: Vhost): Promise<number> {
  const totals = await Promise.all(
    [queueNames.jobs, queueNames.dead].map((queue) => vhost.queueTotals(queue)),
  );
  return totals.reduce((sum, { ready, unacknowledged }) => sum + ready + unacknowledged, 0);
}

async function unfinishedBullmq(connection: Redis, prefix: string): Promise<number> {
  const queue = new Queue(queueNames.jobs, { connection, prefix, skipMetasUpdate: true });
  const counts = await queue.getJobCounts('waiting', 'active', 'delayed', 'prioritized', 'failed');
  await queue.close();
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
