/**
 * A lab to be killed by a test: makes what it is told, says so in one line of JSON, and waits.
 * Usage: lab-to-kill.ts local | attached   (attached: to the LAB_..._URL of its environment)
 */
import { Redis } from 'ioredis';

import { openSession, provision } from '../index.ts';
import { startTimeOf } from '../processes.ts';

const runtime = process.argv[2] === 'local' ? 'local' : 'attached';
const session = openSession();
const brokers = await provision({ session, runtime });
const vhost = await brokers.rabbitmq.createVhost('killed');
const prefix = await brokers.redis.createKeyPrefix('killed');
const redis = new Redis(brokers.redis.directUrl);
await redis.mset(`${prefix}:a`, '1', `{${prefix}}:b`, '2');

const made = {
  session: session.id,
  directory: session.directory,
  startTime: startTimeOf(process.pid),
  vhost: vhost.name,
  prefix,
  ports: [brokers.rabbitmq.direct.port, brokers.redis.direct.port],
};
process.stdout.write(`${JSON.stringify(made)}\n`);
setInterval(() => undefined, 60_000); // until it is killed
