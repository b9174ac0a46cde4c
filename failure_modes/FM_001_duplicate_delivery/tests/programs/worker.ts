/**
 * A worker in plain code that does one thing wrong: `WRONG` names it (wrongs.ts), `WRONG_KEY` the one job it does it to;
 * without that it does it to all. It has no guard, reconnects to nothing, and SIGTERM drains it. The lab starts it in the
 * place of its own worker and tells it what it tells that one.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeSync } from 'node:fs';

import {
  openJournal,
  parseJob,
  readEnvironment,
  readyLine,
  silentJournal,
  storeKeys,
  workerEnvironmentSchema,
  type LedgerEntry,
} from '@lab/contract';
import { Redis } from 'ioredis';

import type { Delivery } from './transport.ts';
import { applyOnce, wrongs, type End, type Handle } from './wrongs.ts';

const drainLimitMs = 500;

const environment = readEnvironment(workerEnvironmentSchema, process.env);
const { EVENTS_FD: fd, REDIS_URL, KEY_PREFIX, ROLE, TRANSPORT } = environment;
const journal = fd === undefined ? silentJournal : openJournal((line) => void writeSync(fd, line));
const { claims, ledger } = storeKeys(KEY_PREFIX);
const store = new Redis(REDIS_URL, { maxRetriesPerRequest: 0 }); // an effect is sent at most once
const wrong = wrongNamed(process.env['WRONG']);
const wrongKey = process.env['WRONG_KEY'];

const asked = once(process, 'SIGTERM');
const { consume } = await (TRANSPORT === 'rabbitmq'
  ? import('./rabbitmq.ts')
  : import('./bullmq.ts'));
const consumer = await consume(environment, attempt);
writeSync(process.stdout.fd, `${readyLine}\n`);
await asked;
await consumer.stop();
setTimeout(() => process.exit(1), drainLimitMs); // one that never ends is left behind
await consumer.close();
process.exit(0);

async function attempt({ body, redelivered, bury }: Delivery): Promise<End> {
  const { key, amount } = parseJob(body);
  const handle = wrongKey === undefined || wrongKey === key ? wrong : applyOnce;
  const say = (op: 'attempt' | 'effect', phase: 'invoke' | 'ok' | 'fail', detail?: string): void =>
    journal.record({ kind: 'job', op, phase, key, ...(detail === undefined ? {} : { detail }) });
  say('attempt', 'invoke');
  return handle({
    redelivered,
    amount,
    async effect(value = amount) {
      const entry: LedgerEntry = {
        entry: randomUUID(),
        key,
        kind: 'effect',
        amount: value,
        by: ROLE,
      };
      await store.rpush(ledger, JSON.stringify(entry));
      say('effect', 'ok', 'applied');
    },
    complain: (why) => say('effect', 'fail', why),
    bury,
    look: async () => void (await store.hget(claims, key)),
    async toldToEnd() {
      await asked;
      await consumer.stop();
    },
  });
}

function wrongNamed(name = ''): Handle {
  const found = Object.entries(wrongs).find(([each]) => each === name);
  if (found === undefined) throw new Error(`WRONG is "${name}", which wrongs.ts does not have`);
  return found[1];
}
