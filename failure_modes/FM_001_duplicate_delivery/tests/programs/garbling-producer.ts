/**
 * A producer in plain code that publishes its jobs one by one, and of the one that `GARBLED_KEY` names a message under its
 * id that is no job. It keeps the list of what was accepted, as every producer does.
 */
import { writeSync } from 'node:fs';

import {
  openJournal,
  ordersOf,
  producerEnvironmentSchema,
  queueDeclarations,
  queueNames,
  readEnvironment,
  readyLine,
  required,
  silentJournal,
  storeKeys,
} from '@lab/contract';
import { Redis } from 'ioredis';

const environment = readEnvironment(producerEnvironmentSchema, process.env);
const { JOBS, SEED, REDIS_URL, KEY_PREFIX, ATTEMPTS, EVENTS_FD: fd } = environment;
const journal = fd === undefined ? silentJournal : openJournal((line) => void writeSync(fd, line));
const keys = storeKeys(KEY_PREFIX);
const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: null }); // BullMQ asks for it
const publish = await (environment.TRANSPORT === 'rabbitmq' ? onRabbitmq() : onBullmq());
writeSync(process.stdout.fd, `${readyLine}\n`);

for (const { key, amount } of ordersOf(JOBS, SEED)) {
  const job = { key, correlationId: `flow-${key}`, causationId: `order-${key}`, amount };
  journal.record({ kind: 'job', op: 'publish', phase: 'invoke', key });
  await publish(key, key === process.env['GARBLED_KEY'] ? { ...job, amount: 'many' } : job);
  journal.record({ kind: 'job', op: 'publish', phase: 'ok', key });
  await redis.rpush(keys.accepted, JSON.stringify(job));
}
process.exit(0);

type Publish = (key: string, message: unknown) => Promise<void>;

async function onRabbitmq(): Promise<Publish> {
  const { default: amqp } = await import('amqplib');
  const connection = await amqp.connect(required('RABBITMQ_URL', environment.RABBITMQ_URL));
  const channel = await connection.createConfirmChannel();
  for (const { name, options } of queueDeclarations(environment.QUEUE_TYPE)) {
    await channel.assertQueue(name, options);
  }
  return async (messageId, message) => {
    channel.sendToQueue(queueNames.jobs, Buffer.from(JSON.stringify(message)), { messageId });
    await channel.waitForConfirms();
  };
}

async function onBullmq(): Promise<Publish> {
  const { Queue } = await import('bullmq');
  const queue = new Queue(queueNames.jobs, { connection: redis, prefix: keys.bullmq });
  await queue.waitUntilReady();
  return async (jobId, message) => {
    await queue.add('job', message, { jobId, attempts: ATTEMPTS });
  };
}
