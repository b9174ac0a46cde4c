import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

import { storeKeys, type LedgerEntry } from '@lab/contract';
import { pack } from 'msgpackr';
import { describe, expect, it } from 'vitest';

import type { RespValue } from '../resp/value.ts';
import { exchangeOf } from './redis.ts';

const scripts = createRequire(import.meta.url)('bullmq/dist/cjs/scripts') as Record<
  string,
  { content: string; keys: number }
>; // the shape the package ships

const keys = storeKeys('cell');
const bulk = (text: string): RespValue => ({ kind: 'bulk', bytes: Buffer.from(text) });
const integer = (value: number): RespValue => ({ kind: 'integer', text: String(value) });
const array = (...items: RespValue[]): RespValue => ({ kind: 'array', items });
const words = (...args: readonly (string | Buffer)[]): Buffer[] =>
  args.map((arg) => Buffer.from(arg));

/** A call of a BullMQ script with placeholder keys. */
function call(script: string, ...args: readonly (string | Buffer)[]) {
  const { content, keys: count } = scripts[script] ?? { content: '', keys: 0 };
  const sha = createHash('sha1').update(content).digest('hex');
  const placeholders = Array.from({ length: count }, () => 'k');
  return exchangeOf(words('evalsha', sha, String(count), ...placeholders, ...args));
}

const job = (id: string, started: number): RespValue =>
  array(
    array(bulk('name'), bulk('ats'), bulk('ats'), bulk(String(started))),
    bulk(id),
    integer(0),
    integer(0),
  );

describe('what BullMQ scripts mean', () => {
  it('reads adding a job as publish and confirm', () => {
    const { command, reply } = call('addStandardJob', pack(['prefix:', 'job-1', 'name']), '{}', '');
    expect(command).toMatchObject({
      frame: 'EVALSHA addStandardJob',
      means: 'publish',
      keys: ['job-1'],
      recorded: true,
    });
    expect(reply(bulk('job-1'))).toMatchObject([
      { frame: 'reply EVALSHA addStandardJob', means: 'confirm', keys: ['job-1'] },
    ]);
    expect(reply(integer(-5))).toMatchObject([{ means: 'refuse', keys: ['job-1'] }]);
    const [failed] = reply({ kind: 'error', text: 'NOSCRIPT No matching script' });
    expect(failed).toMatchObject({ keys: ['job-1'], detail: 'error: NOSCRIPT No matching script' });
    expect(failed?.means).toBeUndefined();
  });

  it('knows a script by its text as well as by its digest', () => {
    const { content, keys: count } = scripts['moveToActive'] ?? { content: '', keys: 0 };
    const { command } = exchangeOf(words('EVAL', content, String(count)));
    expect(command).toMatchObject({ frame: 'EVALSHA moveToActive', recorded: false });
  });

  it('reads a fetched job as delivered, again when it was started before', () => {
    const { reply } = call('moveToActive', 'prefix:', '0', '');
    expect(reply(job('job-1', 1))).toMatchObject([
      { means: 'deliver', keys: ['job-1'], redelivered: false },
    ]);
    expect(reply(job('job-1', 2))).toMatchObject([{ redelivered: true }]);
    expect(reply(array(integer(0), integer(0), integer(0), integer(0)))).toMatchObject([
      { frame: 'reply EVALSHA moveToActive', recorded: false },
    ]);
  });

  it('reads finishing as settle, its reply as settle-reply and as the next delivery', () => {
    const { command, reply } = call(
      'moveToFinished',
      'job-1',
      '0',
      'returnvalue',
      'null',
      'completed',
    );
    expect(command).toMatchObject({ means: 'settle', keys: ['job-1'] });
    expect(reply(job('job-2', 1))).toMatchObject([
      { means: 'settle-reply', keys: ['job-1'] },
      { means: 'deliver', keys: ['job-2'] },
    ]);
    expect(reply(integer(0))).toMatchObject([{ means: 'settle-reply', keys: ['job-1'] }]);
    expect(reply(integer(-2))).toMatchObject([
      { means: 'settle-reply', keys: ['job-1'], detail: '-2 missing lock' },
    ]);
  });

  it('reads failing for good as reject', () => {
    const { command } = call('moveToFinished', 'job-1', '0', 'failedReason', 'boom', 'failed');
    expect(command).toMatchObject({ means: 'reject', keys: ['job-1'], detail: 'failed: boom' });
  });

  it('reads renewals and their refusals', () => {
    const many = call('extendLocks', 'base', pack(['t1', 't2']), pack(['job-1', 'job-2']), '1000');
    expect(many.command).toMatchObject({ means: 'renew', keys: ['job-1', 'job-2'] });
    expect(many.reply(array(bulk('job-2')))).toMatchObject([
      { keys: ['job-1'], detail: 'renewed' },
      { keys: ['job-2'], detail: 'not renewed' },
    ]);
    expect(many.reply(array())).toMatchObject([{ keys: ['job-1', 'job-2'], detail: 'renewed' }]);
    const one = call('extendLock', 'token', '1000', 'job-3');
    expect(one.command).toMatchObject({ means: 'renew', keys: ['job-3'] });
    expect(one.reply(integer(1))).toMatchObject([{ keys: ['job-3'], detail: 'renewed' }]);
    expect(one.reply(integer(0))).toMatchObject([{ keys: ['job-3'], detail: 'not renewed' }]);
  });

  it.each([
    ['moveToDelayed', ['p', '0', 'job-1']],
    ['moveJobFromActiveToWait', ['job-1']],
    ['retryJob', ['p', '0', 'LPUSH', 'job-1']],
  ])('reads %s as requeue, and its answer as the job given back or not', (script, args) => {
    const { command, reply } = call(script, ...args);
    expect(command).toMatchObject({ means: 'requeue', keys: ['job-1'] });
    const given = { keys: ['job-1'], detail: 'given back', recorded: true };
    expect(reply(integer(0))).toMatchObject([given]);
    expect(reply(job('job-2', 1))).toMatchObject([given, { means: 'deliver', keys: ['job-2'] }]);
    expect(reply(integer(-2))).toMatchObject([{ keys: ['job-1'], detail: '-2 missing lock' }]);
  });

  it('names the jobs found stalled', () => {
    expect(call('moveStalledJobsToWait').reply(array(bulk('job-1')))).toMatchObject([
      { keys: ['job-1'], detail: 'stalled', recorded: true },
    ]);
  });

  it.each([
    ['EVALSHA', '0'.repeat(40), '0'.repeat(40)],
    ['EVAL', 'return 1', createHash('sha1').update('return 1').digest('hex')],
    ['FCALL', 'moveToActive', 'moveToActive'],
  ])('says that it does not know a script on the keys of BullMQ (%s)', (name, body, id) => {
    const bull = exchangeOf(words(name, body, '2', 'x', `${keys.bullmq}:jobs:wait`, 'arg'));
    expect(bull.command).toEqual({ frame: name, detail: `unknown script ${id}`, recorded: true });
    expect(bull.reply(integer(1))).toMatchObject([{ recorded: false }]);
    expect(exchangeOf(words(name, body, '1', 'bull:jobs:wait')).command.recorded).toBe(true);
    expect(exchangeOf(words(name, body, '1', 'pitbull:jobs')).command.recorded).toBe(false);
  });

  it('says nothing of a script it knows, and that moves no job', () => {
    const sha = createHash('sha1')
      .update(scripts['updateProgress']?.content ?? '')
      .digest('hex');
    expect(exchangeOf(words('EVALSHA', sha, '1', 'bull:jobs:1')).command).toEqual({
      frame: 'EVALSHA updateProgress',
      recorded: false,
    });
  });

  it('survives arguments that are not what they should be', () => {
    const { command } = call('addStandardJob', Buffer.from([0xc1, 0xff]), '{}', '');
    expect(command).toMatchObject({ means: 'publish', recorded: true });
    expect(command.keys).toBeUndefined();
  });
});

describe("what commands on the lab's store mean", () => {
  const entry: LedgerEntry = { entry: 'e1', key: 'job-1', kind: 'effect', amount: 3, by: 'w' };
  const json = JSON.stringify(entry);
  const compensation: LedgerEntry = {
    entry: 'c1',
    key: 'job-1',
    kind: 'compensation',
    amount: -3,
    by: 'reconciler',
    compensates: 'e1',
  };

  it('reads an append to the ledger as the effect', () => {
    const { command, reply } = exchangeOf(words('rpush', keys.ledger, json));
    expect(command).toEqual({
      frame: 'RPUSH',
      means: 'effect',
      keys: ['job-1'],
      entries: [entry],
      recorded: true,
    });
    expect(reply(integer(1))).toEqual([
      {
        frame: 'reply RPUSH',
        means: 'effect-applied',
        keys: ['job-1'],
        entries: [entry],
        recorded: true,
      },
    ]);
  });

  it('names every entry of an append, and those of both kinds as an effect', () => {
    const { command } = exchangeOf(
      words('RPUSH', keys.ledger, json, JSON.stringify(compensation), 'other'),
    );
    expect(command).toMatchObject({ means: 'effect', entries: [entry, compensation] });
  });

  it.each([
    ['an effect', ['RPUSH', keys.ledger, json], [entry]],
    ['a script', ['EVALSHA', '0'.repeat(40), '1', keys.ledger, json], [entry]],
    ['a compensation', ['RPUSH', keys.ledger, JSON.stringify(compensation)], [compensation]],
  ])('says of %s that it was answered with an error', (_, args, entries) => {
    expect(exchangeOf(words(...args)).reply({ kind: 'error', text: 'READONLY' })).toEqual([
      {
        frame: `reply ${args[0]}`,
        keys: ['job-1'],
        entries,
        detail: 'error: READONLY',
        recorded: true,
      },
    ]);
  });

  it.each([
    ['EVAL', 'return 1'],
    ['EVALSHA', '0'.repeat(40)],
    ['FCALL', 'append'],
  ])('reads a script on the ledger as the effect, refused by a 0 (%s)', (name, body) => {
    const args = [name, body, '2', keys.claims, keys.ledger, 'job-1', 'e1', json];
    const { command, reply } = exchangeOf(words(...args));
    const subject = { keys: ['job-1'], entries: [entry] };
    expect(command).toMatchObject({ frame: name, means: 'effect', script: true, ...subject });
    const applied = { means: 'effect-applied', ...subject };
    const refused = { means: 'effect-refused', ...subject };
    expect(reply(array(integer(1), bulk('e1')))).toMatchObject([applied]);
    expect(reply(array(integer(0), bulk('e0')))).toMatchObject([refused]);
    expect(reply(integer(0))).toMatchObject([refused]);
    expect(reply(integer(-1))).toMatchObject([refused]);
    expect(reply(integer(1))[0]).not.toHaveProperty('script');
  });

  it.each<[string, RespValue]>([
    ['nothing', { kind: 'null' }],
    ['a word', { kind: 'simple', text: 'OK' }],
    ['an empty list', array()],
  ])('does not guess what a script did that answers %s', (_, said) => {
    const { reply } = exchangeOf(words('EVAL', '', '1', keys.ledger, json));
    const [answer] = reply(said);
    expect(answer).toMatchObject({ entries: [entry], detail: 'answered without a code' });
    expect(answer).not.toHaveProperty('means');
  });

  it('reads taking an effect back, and what the script made of it', () => {
    const script = 'EVAL'; // as the reconciler's repair sends it
    const taken = [keys.recoveryLock, keys.compensations, keys.ledger, '7', '5000', 'e1', 'c1'];
    const { command, reply } = exchangeOf(
      words(script, 'return 1', '3', ...taken, JSON.stringify(compensation)),
    );
    const subject = { keys: ['job-1'], entries: [compensation] };
    expect(command).toMatchObject({ means: 'compensate', script: true, ...subject });
    expect(reply(integer(1))).toEqual([
      { frame: 'reply EVAL', means: 'compensate-applied', ...subject, recorded: true },
    ]);
    const refused = { frame: 'reply EVAL', means: 'compensate-refused', ...subject };
    expect(reply(integer(0))).toMatchObject([{ ...refused, detail: '0 taken back before' }]);
    expect(reply(integer(-1))).toMatchObject([{ ...refused, detail: '-1 the lock was lost' }]);
    expect(reply(integer(-7))).toMatchObject([{ ...refused, detail: '-7 refused' }]);
  });

  it('does not take a compensation for an effect', () => {
    const { command, reply } = exchangeOf(
      words('RPUSH', keys.ledger, JSON.stringify(compensation)),
    );
    expect(command).toMatchObject({ means: 'compensate', entries: [compensation] });
    expect(command).not.toHaveProperty('script');
    expect(reply(integer(2))).toMatchObject([{ means: 'compensate-applied' }]);
  });

  it('reads reading and writing claims as claim', () => {
    const read = exchangeOf(words('HGET', keys.claims, 'job-1'));
    expect(read.command).toMatchObject({ means: 'claim', keys: ['job-1'] });
    expect(read.reply({ kind: 'null' })).toMatchObject([{ keys: ['job-1'], detail: 'absent' }]);
    expect(read.reply(bulk('e1'))).toMatchObject([{ detail: 'present' }]);
    const write = exchangeOf(words('HSETNX', keys.claims, 'job-1', 'e1'));
    expect(write.reply(integer(0))).toMatchObject([{ detail: 'not written' }]);
    expect(exchangeOf(words('SET', `${keys.claims}:job-2`, 'e1')).command).toMatchObject({
      means: 'claim',
      keys: ['job-2'],
    });
  });

  it.each([
    ['GET', 'other'],
    ['RPUSH', 'list', 'x'],
    ['PING'],
    ['LRANGE', keys.ledger, '0', '-1'],
    [],
  ])('finds no meaning in %s %s', (...args) => {
    const { command, reply } = exchangeOf(words(...args));
    expect(command.recorded).toBe(false);
    expect(reply(integer(1))[0]?.recorded).toBe(false);
  });
});
