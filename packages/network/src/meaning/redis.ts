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
    storeExchange(name, words, call);
  return {
    command: readingOf(frame, senses?.command),
    reply: (reply) => replyReadings(`reply ${frame}`, senses, reply),
  };
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

const scriptCommand = /^(EVAL|EVALSHA|FCALL)(?:_RO)?$/;

function scriptCall(name: string, words: readonly Buffer[]): ScriptCall | undefined {
  const kind = scriptCommand.exec(name);
  const body = words[1];
  const count = Number(words[2]?.toString('latin1'));
  if (kind === null || body === undefined || !Number.isInteger(count)) return undefined;
  return {
    script: kind[1] === 'FCALL' ? undefined : scriptNameOf(digestOf(kind[1], body)),
    keys: words.slice(3, 3 + count),
    args: words.slice(3 + count),
  };
}

/** EVAL brings the text, EVALSHA its digest. */
function digestOf(command: string | undefined, body: Buffer): string {
  return command === 'EVAL'
    ? createHash('sha1').update(body).digest('hex')
    : body.toString('latin1');
}
