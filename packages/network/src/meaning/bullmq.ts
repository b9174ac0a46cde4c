/**
 * What BullMQ's scripts mean for jobs. Positions of arguments and shapes of replies are those written in
 * the head of each script (bullmq/dist/cjs/commands). The job id is the job key.
 */
import { unpack } from 'msgpackr';

import { itemsOf, textOf, type RespValue } from '../resp/value.ts';
import type { ScriptCall, Sense, Senses } from './redis.ts';

/** Replies below zero are refusals. */
const refusals: Readonly<Record<string, string>> = {
  '-1': 'missing key',
  '-2': 'missing lock',
  '-3': 'job not in the expected state',
  '-4': 'job has pending children',
  '-5': 'missing parent key',
  '-6': 'lock is not owned by this client',
  '-9': 'job has failed children',
};

/** @returns undefined for a script that moves no job. */
export function bullmqExchange(call: ScriptCall): Senses | undefined {
  return senses[call.script ?? '']?.(call);
}

const senses: Readonly<Record<string, (call: ScriptCall) => Senses>> = {
  addStandardJob: add,
  addDelayedJob: add,
  addPrioritizedJob: add,
  addParentJob: add,
  moveToActive: () => ({ command: {}, reply: delivered }),
  moveToFinished,
  moveToDelayed: ({ args }) => giveBack(args[2]),
  moveJobFromActiveToWait: ({ args }) => giveBack(args[0]),
  retryJob: ({ args }) => giveBack(args[3]),
  extendLock: ({ args }) => renew(keysOf(args[2]?.toString())),
  extendLocks: ({ args }) => renew(unpackedKeys(args[2])),
  moveStalledJobsToWait: () => ({ command: {}, reply: stalled }),
};

function add({ args }: ScriptCall): Senses {
  const customId = unpackedItem(args[0], 1);
  const keys = keysOf(typeof customId === 'string' ? customId : undefined);
  return {
    command: { means: 'publish', ...keys },
    reply(reply) {
      const refusal = refusalOf(reply);
      if (refusal !== undefined) return [{ means: 'refuse', ...keys, detail: refusal }];
      return [{ means: 'confirm', ...keysOf(textOf(reply)) }];
    },
  };
}

function moveToFinished({ args }: ScriptCall): Senses {
  const keys = keysOf(args[0]?.toString());
  const failed = args[4]?.toString() === 'failed';
  return {
    command: failed
      ? { means: 'reject', ...keys, detail: `failed: ${args[3]?.toString() ?? ''}` }
      : { means: 'settle', ...keys },
    reply: (reply) => [
      { means: 'settle-reply', ...keys, ...detailOf(refusalOf(reply)) },
      ...delivered(reply),
    ],
  };
}

function giveBack(id: Buffer | undefined): Senses {
  const keys = keysOf(id?.toString());
  return {
    command: { means: 'requeue', ...keys },
    reply(reply) {
      const refusal = refusalOf(reply);
      return [{ ...keys, detail: refusal ?? 'given back' }, ...delivered(reply)];
    },
  };
}

function renew(keys: { keys?: string[] }): Senses {
  return {
    command: { means: 'renew', ...keys },
    reply(reply) {
      // extendLock answers 1 or 0, extendLocks with the ids it could not extend.
      const asked = keys.keys ?? [];
      const failed = textOf(reply) === '0' ? asked : textsOf(reply);
      const renewed = asked.filter((key) => !failed.includes(key));
      return [
        ...(renewed.length > 0 ? [{ keys: renewed, detail: 'renewed' }] : []),
        ...(failed.length > 0 ? [{ keys: failed, detail: 'not renewed' }] : []),
      ];
    },
  };
}

/** `[job fields, job id, rate limit, delay until]`; fields are 0 when there is no job. */
function delivered(reply: RespValue): readonly Sense[] {
  const [fields, id] = itemsOf(reply);
  const key = textOf(id);
  if (fields === undefined || !('items' in fields) || key === undefined) return [];
  const attemptsStarted = Number(fieldOf(fields, 'ats') ?? 1); // counted before the fields are read
  return [{ means: 'deliver', keys: [key], redelivered: attemptsStarted > 1 }];
}

function stalled(reply: RespValue): readonly Sense[] {
  const keys = textsOf(reply);
  return keys.length > 0 ? [{ keys, detail: 'stalled' }] : [];
}

function refusalOf(reply: RespValue): string | undefined {
  const text = textOf(reply);
  if (reply.kind !== 'integer' || text?.startsWith('-') !== true) return undefined;
  return `${text} ${refusals[text] ?? 'refused'}`;
}

function fieldOf(fields: RespValue, name: string): string | undefined {
  const items = itemsOf(fields);
  const at = items.findIndex((item, index) => index % 2 === 0 && textOf(item) === name);
  return at < 0 ? undefined : textOf(items[at + 1]);
}

function textsOf(reply: RespValue): string[] {
  return itemsOf(reply).flatMap((item) => textOf(item) ?? []);
}

function unpackedKeys(packed: Buffer | undefined): { keys?: string[] } {
  const list = unpacked(packed);
  if (!Array.isArray(list)) return {};
  return { keys: list.filter((id) => typeof id === 'string') };
}

function unpackedItem(packed: Buffer | undefined, index: number): unknown {
  const list = unpacked(packed);
  return Array.isArray(list) ? list[index] : undefined;
}

function unpacked(packed: Buffer | undefined): unknown {
  try {
    return packed && unpack(packed);
  } catch {
    return undefined; // the frame has a name without it, only its keys stay unknown
  }
}

function keysOf(key: string | undefined): { keys?: string[] } {
  return key === undefined || key === '' ? {} : { keys: [key] };
}

function detailOf(detail: string | undefined): { detail?: string } {
  return detail === undefined ? {} : { detail };
}
