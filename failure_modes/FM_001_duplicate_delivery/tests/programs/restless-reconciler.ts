/**
 * A reconciler that takes every surplus effect back, once; and where there is none left, takes a standing one back, puts it
 * in again, and says that it did nothing.
 */
import { randomUUID } from 'node:crypto';
import { writeSync } from 'node:fs';

import {
  parseLedgerEntry,
  readEnvironment,
  reconcilerEnvironmentSchema,
  storeKeys,
  type LedgerEntry,
} from '@lab/contract';
import { Redis } from 'ioredis';

const { REDIS_URL, KEY_PREFIX, ROLE } = readEnvironment(reconcilerEnvironmentSchema, process.env);
const { ledger } = storeKeys(KEY_PREFIX);
const script = "return redis.call('RPUSH', KEYS[1], ARGV[1]) > 0 and 1"; // 1: appended

const redis = new Redis(REDIS_URL, { maxRetriesPerRequest: 0 });
const entries = (await redis.lrange(ledger, 0, -1)).map((line) => parseLedgerEntry(line));
const compensations = entries.filter(({ kind }) => kind === 'compensation');
const takenBack = new Set(compensations.map(({ compensates }) => compensates));
const standing = entries.filter(({ kind, entry }) => kind === 'effect' && !takenBack.has(entry));
const surplus = [...Map.groupBy(standing, ({ key }) => key).values()].flatMap((effects) =>
  effects.slice(1),
);

for (const effect of surplus) await append(compensationOf(effect));
if (surplus.length === 0) {
  const restored = standing.find(({ key }) => key === compensations[0]?.key);
  if (restored !== undefined) {
    await append(compensationOf(restored));
    await append({ ...restored, entry: randomUUID(), by: ROLE });
  }
}
redis.disconnect();
writeSync(process.stdout.fd, `${JSON.stringify({ found: {}, repaired: surplus.length })}\n`);

function compensationOf(effect: LedgerEntry): LedgerEntry {
  return {
    ...effect,
    entry: randomUUID(),
    kind: 'compensation',
    amount: -effect.amount,
    by: ROLE,
    compensates: effect.entry,
  };
}

async function append(entry: LedgerEntry): Promise<void> {
  await redis.eval(script, 1, ledger, JSON.stringify(entry));
}
