/** Things on a shared broker that are not the lab's, and a look whether they are still as they were. */
import { randomBytes } from 'node:crypto';

import amqp from 'amqplib';
import { Redis } from 'ioredis';

import { openManagement } from '../management.ts';

export interface Foreign extends AsyncDisposable {
  /** What there is now: messages in the foreign queue, and the foreign keys with their values. */
  look(): Promise<{
    readonly messages: number;
    readonly keys: Readonly<Record<string, string | null>>;
  }>;
}

/** Its names resemble the lab's as closely as they can. */
export async function makeForeign(urls: {
  readonly rabbitmq: string;
  readonly management: string;
  readonly redis: string;
}): Promise<Foreign> {
  const id = randomBytes(5).toString('hex'); // looks like a session's, and is none
  const vhost = `reliability-lab-${id}-theirs`;
  const management = openManagement(urls.management);
  const user = encodeURIComponent(decodeURIComponent(new URL(urls.management).username));
  await management.request('PUT', `/vhosts/${vhost}`);
  await management.request('PUT', `/permissions/${vhost}/${user}`, {
    configure: '.*',
    write: '.*',
    read: '.*',
  });
  const connection = await amqp.connect(`${urls.rabbitmq.replace(/\/$/, '')}/${vhost}`);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue('jobs');
  for (const body of ['1', '2', '3']) channel.sendToQueue('jobs', Buffer.from(body));
  await channel.waitForConfirms();

  const redis = new Redis(urls.redis);
  const names = [`reliability-lab-${id}:cell:a`, `{reliability-lab-${id}:cell}:b`, `${id}:jobs`];
  for (const name of names) await redis.set(name, 'theirs');

  return {
    async look() {
      const values = await redis.mget(names);
      return {
        messages: (await channel.checkQueue('jobs')).messageCount,
        keys: Object.fromEntries(names.map((name, index) => [name, values[index] ?? null])),
      };
    },
    async [Symbol.asyncDispose]() {
      await connection.close();
      await management.request('DELETE', `/vhosts/${vhost}`);
      management[Symbol.dispose]();
      await redis.unlink(names);
      redis.disconnect();
    },
  };
}
