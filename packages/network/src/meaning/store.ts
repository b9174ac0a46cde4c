/**
 * What commands on the lab's own store mean: the ledger of effects and compensations, and the claims of guards
 * (contract, `storeKeys`). A command that appends to the ledger names the entries, and so does its answer.
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
    return call.keys.some(isLedger) ? ledgerWrite(call.args, 'script') : undefined;
  }
  const key = words[1];
  if (key === undefined) return undefined;
  if (name === 'RPUSH') {
    return isLedger(key) ? ledgerWrite(words.slice(2), 'append') : undefined;
  }
  return claimCommands.has(name) ? claim(name, key, words[2]) : undefined;
}

/** An append answers with the ledger's length, a script with what it made of its entries. */
function ledgerWrite(args: readonly Buffer[], by: 'append' | 'script'): Senses | undefined {
  const entries = args.flatMap((arg) => entryOf(arg) ?? []);
  if (entries.length === 0) return undefined;
  const subject = { keys: entries.map(({ key }) => key), entries };
  const what = entries.every(({ kind }) => kind === 'compensation') ? 'compensate' : 'effect';
  return {
    command: { means: what, ...subject, ...(by === 'script' && { script: true }) },
    reply(reply) {
      const code = by === 'append' ? 1 : codeOf(reply);
      if (code === undefined) return [{ ...subject, detail: 'answered without a code' }];
      if (code > 0) return [{ means: `${what}-applied`, ...subject }];
      const detail = what === 'compensate' && { detail: compensationRefused(code) };
      return [{ means: `${what}-refused`, ...subject, ...detail }];
    },
  };
}

/** A script says by a number, alone or first in an array, what it did: above 0 applied, 0 and below refused. */
function codeOf(reply: RespValue): number | undefined {
  const said = 'items' in reply ? itemsOf(reply)[0] : reply;
  return said?.kind === 'integer' ? Number(said.text) : undefined;
}

/** The outputs of the reconciler's script. */
function compensationRefused(code: number): string {
  if (code === 0) return '0 taken back before';
  return code === -1 ? '-1 the lock was lost' : `${code} refused`;
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
