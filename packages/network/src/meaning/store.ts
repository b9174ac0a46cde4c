/**
 * What commands on the lab's own store mean: the ledger of effects and the claims of guards (contract,
 * `storeKeys`). Compensations are not effects: they are recorded and mean nothing here.
 */
import { parseLedgerEntry, type LedgerEntry } from '@lab/contract';

import { itemsOf, textOf, type RespValue } from '../resp/value.ts';
import type { ScriptCall, Senses } from './redis.ts';

const claimCommands: ReadonlySet<string> = new Set(['GET', 'SET', 'HGET', 'HSET', 'HSETNX']);

/** @returns undefined for a command that touches neither. */
export function storeExchange(
  name: string,
  words: readonly Buffer[],
  call: ScriptCall | undefined,
): Senses | undefined {
  if (call !== undefined) {
    return call.keys.some(isLedger) ? ledgerWrite(call.args, wasRefused) : undefined;
  }
  const key = words[1];
  if (key === undefined) return undefined;
  if (name === 'RPUSH') {
    return isLedger(key) ? ledgerWrite(words.slice(2), () => false) : undefined;
  }
  return claimCommands.has(name) ? claim(name, key, words[2]) : undefined;
}

function ledgerWrite(
  args: readonly Buffer[],
  refused: (reply: RespValue) => boolean,
): Senses | undefined {
  const entries = args.flatMap((arg) => entryOf(arg) ?? []);
  if (entries.length === 0) return undefined;
  const keys = entries.map(({ key }) => key);
  if (entries.every(({ kind }) => kind === 'compensation')) {
    const compensation = { keys, detail: 'compensation' };
    return { command: compensation, reply: () => [compensation] };
  }
  return {
    command: { means: 'effect', keys },
    reply: (reply) => [{ means: refused(reply) ? 'effect-refused' : 'effect-applied', keys }],
  };
}

function claim(name: string, key: Buffer, field: Buffer | undefined): Senses | undefined {
  const path = key.toString();
  const keyed = path.includes(':claims:');
  if (!keyed && !path.endsWith(':claims')) return undefined;
  const job = keyed ? path.slice(path.lastIndexOf(':') + 1) : field?.toString();
  const keys = job === undefined ? {} : { keys: [job] };
  return {
    command: { means: 'claim', ...keys },
    reply: (reply) => [{ ...keys, detail: claimAnswer(name, reply) }],
  };
}

/** A read finds a claim or not; a write says `OK` or how many fields are new. */
function claimAnswer(name: string, reply: RespValue): string {
  const reads = name === 'GET' || name === 'HGET';
  if (reads) return reply.kind === 'null' ? 'absent' : 'present';
  return reply.kind === 'null' || textOf(reply) === '0' ? 'not written' : 'written';
}

/** A script refuses with 0, or with an array that begins with 0. */
function wasRefused(reply: RespValue): boolean {
  const said = 'items' in reply ? itemsOf(reply)[0] : reply;
  return said?.kind === 'integer' && said.text === '0';
}

function isLedger(key: Buffer): boolean {
  return key.toString('latin1').endsWith(':ledger');
}

function entryOf(arg: Buffer): LedgerEntry | undefined {
  if (arg[0] !== 0x7b /* { */) return undefined;
  try {
    return parseLedgerEntry(arg.toString());
  } catch {
    return undefined; // not JSON, or JSON of something else
  }
}
