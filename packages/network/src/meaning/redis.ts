/**
 * What Redis commands and replies mean for jobs: BullMQ's scripts, and the lab's own store. Pure; a
 * command yields its own reading and how to read its reply.
 */
import { createHash } from 'node:crypto';

import type { Reading } from '../conversation.ts';
import { isError, textOf, type RespValue } from '../resp/value.ts';
import { scriptNameOf } from './bullmq-scripts.ts';
import { bullmqExchange } from './bullmq.ts';
import { storeExchange } from './store.ts';

/** What a frame says beside its name. */
export type Sense = Omit<Reading, 'frame' | 'recorded'>;

/** A command's sense, and its reply's. */
export interface Senses {
  readonly command: Sense;
  /** Given only replies that are not errors. */
  readonly reply: (reply: RespValue) => readonly Sense[];
}

export interface Exchange {
  readonly command: Reading;
  readonly reply: (reply: RespValue) => readonly Reading[];
}

/** The arguments of EVAL, EVALSHA, FCALL and their kin. */
export interface ScriptCall {
  /** Name of the BullMQ script, where it is one. */
  readonly script: string | undefined;
  /** Digest of the script, or name of the function. */
  readonly id: string;
  readonly keys: readonly Buffer[];
  readonly args: readonly Buffer[];
}

/** @param words the command's words, its name first. */
export function exchangeOf(words: readonly Buffer[]): Exchange {
  const name = words[0]?.toString('latin1').toUpperCase() ?? '';
  const call = scriptCall(name, words);
  // EVAL with the text and EVALSHA with its digest are one call: ioredis sends the text the first time.
  const frame = call?.script === undefined ? name : `EVALSHA ${call.script}`;
  const senses =
    (call?.script !== undefined ? bullmqExchange(call) : undefined) ??
    storeExchange(name, words, call) ??
    (call === undefined ? undefined : unknownExchange(call));
  return {
    command: readingOf(frame, senses?.command),
    reply: (reply) => replyReadings(`reply ${frame}`, senses, reply),
  };
}

/** The part of BullMQ's keys that its users leave as it is. */
const bullKey = /(^|[:}])bull:/;

/**
 * Another version of BullMQ has other scripts, and what they do to jobs cannot be told. That there was one is said, so
 * that nothing is concluded from the silence.
 */
function unknownExchange({ script, id, keys }: ScriptCall): Senses | undefined {
  if (script !== undefined || !keys.some((key) => bullKey.test(key.toString('latin1')))) {
    return undefined;
  }
  return { command: { detail: `unknown script ${id}` }, reply: () => [] };
}

function replyReadings(
  frame: string,
  senses: Senses | undefined,
  reply: RespValue,
): readonly Reading[] {
  if (senses === undefined) return [readingOf(frame, undefined)];
  if (isError(reply)) {
    const { keys, entries } = senses.command;
    const detail = `error: ${textOf(reply) ?? ''}`;
    return [readingOf(frame, { ...(keys && { keys }), ...(entries && { entries }), detail })];
  }
  const said = senses.reply(reply);
  return said.length > 0
    ? said.map((sense) => readingOf(frame, sense))
    : [readingOf(frame, undefined)];
}

/** Recorded is what has something to say. */
function readingOf(frame: string, sense: Sense | undefined): Reading {
  const says = sense?.means !== undefined || sense?.detail !== undefined;
  return { frame, ...sense, recorded: says };
}

/** How each command names what it runs. */
const scriptCommands: Readonly<Record<string, 'text' | 'digest' | 'function' | undefined>> = {
  EVAL: 'text',
  EVAL_RO: 'text',
  EVALSHA: 'digest',
  EVALSHA_RO: 'digest',
  FCALL: 'function',
  FCALL_RO: 'function',
};

function scriptCall(name: string, words: readonly Buffer[]): ScriptCall | undefined {
  const by = Object.hasOwn(scriptCommands, name) ? scriptCommands[name] : undefined;
  const body = words[1];
  if (by === undefined || body === undefined) return undefined;
  const count = Number(words[2]?.toString('latin1'));
  if (!Number.isInteger(count)) return undefined;
  const id = by === 'text' ? digestOf(body) : body.toString('latin1', 0, 100);
  return {
    script: by === 'function' ? undefined : scriptNameOf(id),
    id,
    keys: words.slice(3, 3 + count),
    args: words.slice(3 + count),
  };
}

/** By which EVALSHA would call the text that EVAL brings. */
function digestOf(text: Buffer): string {
  return createHash('sha1').update(text).digest('hex');
}
