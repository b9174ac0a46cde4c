/**
 * The same work as the guarded worker without any of the lab's code: amqplib and ioredis, a loop, nothing else. It does
 * not reconnect, parse carefully, log, time out or drain. What the worker is measured against.
 */
import { randomUUID } from 'node:crypto';

import amqp from 'amqplib';
import { Redis } from 'ioredis';

const { RABBITMQ_URL = '', REDIS_URL = '', QUEUE = '', CLAIMS = '', LEDGER = '' } = process.env;
const prefetch = Number(process.env['PREFETCH']);

const claimAndAppend = `
local done = redis.call('HGET', KEYS[1], ARGV[1])
if done then return {0, done} end
redis.call('RPUSH', KEYS[2], ARGV[3])
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {1, ARGV[2]}
`;

const redis = new Redis(REDIS_URL);
const sha = String(await redis.script('LOAD', claimAndAppend));
const connection = await amqp.connect(RABBITMQ_URL, { noDelay: true });
const channel = await connection.createChannel();
await channel.prefetch(prefetch);
await channel.consume(QUEUE, (message) => {
  if (message !== null) void work(message);
});
process.once('SIGTERM', () => void stop());
process.stdout.write('ready\n');

async function work(message: amqp.ConsumeMessage): Promise<void> {
  const { key, amount } = JSON.parse(message.content.toString()) as { key: string; amount: number };
  const entry = randomUUID();
  const effect = JSON.stringify({ entry, key, kind: 'effect', amount, by: 'bare' });
  await redis.evalsha(sha, 2, CLAIMS, LEDGER, key, entry, effect);
  channel.ack(message);
}

/** Closing the channel comes after the broker has seen every ack. */
async function stop(): Promise<void> {
  await channel.close();
  await connection.close();
  redis.disconnect();
}
