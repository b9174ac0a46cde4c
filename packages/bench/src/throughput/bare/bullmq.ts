/**
 * The same work as the guarded worker without any of the lab's code: BullMQ and ioredis, a processor, nothing else.
 * What the worker is measured against.
 */
import { randomUUID } from 'node:crypto';

import { Worker, type Job } from 'bullmq';
import { Redis } from 'ioredis';

const { REDIS_URL = '', QUEUE = '', QUEUE_PREFIX = '', CLAIMS = '', LEDGER = '' } = process.env;
const concurrency = Number(process.env['PREFETCH']);

const claimAndAppend = `
local done = redis.call('HGET', KEYS[1], ARGV[1])
if done then return {0, done} end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {1, ARGV[2]}
`;

const redis = new Redis(REDIS_URL);
const sha = String(await redis.script('LOAD', claimAndAppend));
const connection = new Redis(REDIS_URL, { maxRetriesPerRequest: null });
const worker = new Worker<{ key: string; amount: number }>(QUEUE, work, {
  connection,
  prefix: QUEUE_PREFIX,
  concurrency,
});
await worker.waitUntilReady();
process.once('SIGTERM', () => void stop());
process.stdout.write('ready\n');

async function work({ data }: Job<{ key: string; amount: number }>): Promise<string> {
  const { key, amount } = data;
  const entry = randomUUID();
  const effect = JSON.stringify({ entry, key, kind: 'effect', amount, by: 'bare' });
  await redis.evalsha(sha, 2, CLAIMS, LEDGER, key, entry, effect);
  return 'applied';
}

async function stop(): Promise<void> {
  await worker.close();
  redis.disconnect();
  connection.disconnect();
}
