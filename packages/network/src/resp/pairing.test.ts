import { describe, expect, it } from 'vitest';

import { Pairing, type Answer } from './pairing.ts';
import { textOf, type RespValue } from './value.ts';

const told = (answers: readonly Answer<string>[]): string[] =>
  answers.map(({ command, reply }) => `${command} -> ${textOf(reply) ?? reply.kind}`);

/** A connection whose commands are known by their text. */
function connection() {
  const pairing = new Pairing<string>();
  const ask = (text: string): void => {
    pairing.ask(
      text.split(' ').map((word) => Buffer.from(word)),
      text,
    );
  };
  const answer = (reply: RespValue): string[] => told(pairing.answer(reply));
  return { ask, answer };
}

const simple = (text: string): RespValue => ({ kind: 'simple', text });
const integer = (value: number): RespValue => ({ kind: 'integer', text: String(value) });
const list = (kind: 'array' | 'push', ...texts: string[]): RespValue => ({
  kind,
  items: texts.map((text) => ({ kind: 'bulk', bytes: Buffer.from(text) })),
});

describe('commands and replies', () => {
  it('pair first in, first out', () => {
    const { ask, answer } = connection();
    ask('SET a 1');
    ask('INCR b');
    expect(answer(simple('OK'))).toEqual(['SET a 1 -> OK']);
    expect(answer(integer(4))).toEqual(['INCR b -> 4']);
    expect(answer(integer(5))).toEqual([]);
  });

  it('let a blocking command be answered late and others wait behind it', () => {
    const { ask, answer } = connection();
    ask('BZPOPMIN marker 5');
    ask('PING');
    expect(answer({ kind: 'null' })).toEqual(['BZPOPMIN marker 5 -> null']);
    expect(answer(simple('PONG'))).toEqual(['PING -> PONG']);
  });

  it('do not take a RESP3 push for a reply', () => {
    const { ask, answer } = connection();
    ask('GET a');
    expect(answer(list('push', 'invalidate', 'a'))).toEqual([]);
    expect(answer(list('push', 'message', 'news', 'x'))).toEqual([]);
    expect(answer(simple('1'))).toEqual(['GET a -> 1']);
  });

  it.each(['array', 'push'] as const)('take every confirmation of SUBSCRIBE (%s)', (kind) => {
    const { ask, answer } = connection();
    ask('SUBSCRIBE one two');
    ask('PING');
    expect(answer(list(kind, 'subscribe', 'one', '1'))).toEqual([]);
    expect(answer(list(kind, 'subscribe', 'two', '2'))).toEqual([`SUBSCRIBE one two -> ${kind}`]);
    expect(answer(list(kind, 'message', 'one', 'hello'))).toEqual([]);
    expect(answer(simple('PONG'))).toEqual(['PING -> PONG']);
    ask('UNSUBSCRIBE');
    ask('GET a');
    expect(answer(list(kind, 'unsubscribe', 'one', '1'))).toEqual([]);
    expect(answer(list(kind, 'unsubscribe', 'two', '0'))).toEqual([`UNSUBSCRIBE -> ${kind}`]);
    expect(answer(list('array', 'message', 'is', 'a list'))).toEqual(['GET a -> array']);
  });

  it('answer the commands of a transaction when EXEC is answered', () => {
    const { ask, answer } = connection();
    for (const text of ['MULTI', 'INCR a', 'BROKEN', 'INCR b', 'EXEC', 'PING']) ask(text);
    expect(answer(simple('OK'))).toEqual(['MULTI -> OK']);
    expect(answer(simple('QUEUED'))).toEqual([]);
    expect(answer({ kind: 'error', text: 'ERR unknown command' })).toEqual([
      'BROKEN -> ERR unknown command',
    ]);
    expect(answer(simple('QUEUED'))).toEqual([]);
    expect(answer({ kind: 'array', items: [integer(1), integer(2)] })).toEqual([
      'EXEC -> array',
      'INCR a -> 1',
      'INCR b -> 2',
    ]);
    expect(answer(simple('PONG'))).toEqual(['PING -> PONG']);
  });

  it.each<[string, string, RespValue, string]>([
    ['a watched key changed', 'EXEC', { kind: 'null' }, 'a watched key changed'],
    ['EXEC is refused', 'EXEC', { kind: 'error', text: 'EXECABORT no' }, 'EXECABORT no'],
    ['it is discarded', 'DISCARD', simple('OK'), 'DISCARD'],
    ['the connection is reset', 'RESET', simple('RESET'), 'RESET'],
  ])('answer the commands of a transaction with an error when %s', (_, ending, reply, why) => {
    const { ask, answer } = connection();
    for (const text of ['MULTI', 'INCR a', 'INCR b', ending, 'INCR c']) ask(text);
    answer(simple('OK'));
    answer(simple('QUEUED'));
    answer(simple('QUEUED'));
    const [ended, ...dropped] = answer(reply);
    expect(ended).toContain(`${ending} -> `);
    expect(dropped).toEqual([
      `INCR a -> transaction dropped: ${why}`,
      `INCR b -> transaction dropped: ${why}`,
    ]);
    expect(answer(integer(1))).toEqual(['INCR c -> 1']);
  });

  it('keep a transaction whose DISCARD is refused', () => {
    const { ask, answer } = connection();
    for (const text of ['MULTI', 'INCR a', 'DISCARD now', 'EXEC']) ask(text);
    answer(simple('OK'));
    answer(simple('QUEUED'));
    expect(answer({ kind: 'error', text: 'ERR wrong number of arguments' })).toHaveLength(1);
    expect(answer({ kind: 'array', items: [integer(1)] })).toEqual([
      'EXEC -> array',
      'INCR a -> 1',
    ]);
  });

  it('read over what MONITOR prints', () => {
    const { ask, answer } = connection();
    ask('MONITOR');
    expect(answer(simple('OK'))).toEqual(['MONITOR -> OK']);
    ask('PING');
    expect(answer(simple('1700000000.1 [0 127.0.0.1:5] "GET" "a"'))).toEqual([]);
    expect(answer(simple('PONG'))).toEqual(['PING -> PONG']);
  });

  it('know commands that get no reply', () => {
    const { ask, answer } = connection();
    for (const text of ['CLIENT REPLY SKIP', 'GET a', 'GET b']) ask(text);
    expect(answer(simple('b'))).toEqual(['GET b -> b']);
    for (const text of ['CLIENT REPLY OFF', 'GET c', 'CLIENT REPLY ON', 'GET d']) ask(text);
    expect(answer(simple('OK'))).toEqual(['CLIENT REPLY ON -> OK']);
    expect(answer(simple('d'))).toEqual(['GET d -> d']);
  });

  it('count the confirmations of a command by what the ones before it did', () => {
    const { ask, answer } = connection();
    for (const text of ['SUBSCRIBE a b', 'UNSUBSCRIBE', 'SET k v NX', 'GET k']) ask(text);
    answer(list('array', 'subscribe', 'a', '1'));
    answer(list('array', 'subscribe', 'b', '2'));
    expect(answer(list('array', 'unsubscribe', 'a', '1'))).toEqual([]);
    expect(answer(list('array', 'unsubscribe', 'b', '0'))).toEqual(['UNSUBSCRIBE -> array']);
    expect(answer({ kind: 'null' })).toEqual(['SET k v NX -> null']);
    expect(answer(simple('v'))).toEqual(['GET k -> v']);
  });

  it.each(['message', 'subscribe'])('take a list that begins with %s for one', (word) => {
    const { ask, answer } = connection();
    ask('HELLO 3');
    answer({ kind: 'map', items: [] });
    for (const text of ['LRANGE l 0 -1', 'SUBSCRIBE a', 'LRANGE l 0 -1', 'GET k']) ask(text);
    expect(answer(list('array', word, 'x', 'y'))).toEqual(['LRANGE l 0 -1 -> array']);
    expect(answer(list('push', 'subscribe', 'a', '1'))).toEqual(['SUBSCRIBE a -> push']);
    expect(answer(list('array', word, 'x', 'y'))).toEqual(['LRANGE l 0 -1 -> array']);
    expect(answer(simple('v'))).toEqual(['GET k -> v']);
  });

  it('begin anew with RESET: replies, subscriptions, transaction', () => {
    const { ask, answer } = connection();
    for (const text of ['CLIENT REPLY OFF', 'GET a', 'RESET', 'GET b', 'SUBSCRIBE c']) ask(text);
    expect(answer(simple('RESET'))).toEqual(['RESET -> RESET']);
    expect(answer(simple('b'))).toEqual(['GET b -> b']);
    expect(answer(list('array', 'subscribe', 'c', '1'))).toEqual(['SUBSCRIBE c -> array']);
    for (const text of ['RESET', 'UNSUBSCRIBE', 'LRANGE l 0 -1', 'MULTI', 'RESET', 'GET d'])
      ask(text);
    expect(answer(simple('RESET'))).toEqual(['RESET -> RESET']);
    expect(answer(list('array', 'unsubscribe'))).toEqual(['UNSUBSCRIBE -> array']);
    expect(answer(list('array', 'message', 'x'))).toEqual(['LRANGE l 0 -1 -> array']);
    expect(answer(simple('OK'))).toEqual(['MULTI -> OK']);
    expect(answer(simple('RESET'))).toEqual(['RESET -> RESET']);
    expect(answer(simple('d'))).toEqual(['GET d -> d']);
  });

  it('find what EXEC answers too much of behind its reply', () => {
    const { ask, answer } = connection();
    for (const text of ['MULTI', 'SUBSCRIBE a b', 'GET k', 'EXEC', 'PING']) ask(text);
    for (const text of ['OK', 'QUEUED', 'QUEUED']) answer(simple(text));
    const items = [list('array', 'subscribe', 'a', '1'), list('array', 'subscribe', 'b', '2')];
    expect(answer({ kind: 'array', items })).toEqual(['EXEC -> array', 'SUBSCRIBE a b -> array']);
    expect(answer(simple('v'))).toEqual(['GET k -> v']);
    expect(answer(list('array', 'pong', ''))).toEqual(['PING -> array']);
  });

  it('go on behind the items of EXEC that were not kept', () => {
    const { ask, answer } = connection();
    for (const text of ['MULTI', 'GET a', 'GET b', 'EXEC', 'GET c']) ask(text);
    for (const text of ['OK', 'QUEUED', 'QUEUED']) answer(simple(text));
    expect(answer({ kind: 'array', items: [simple('a')], omitted: 1 })).toEqual([
      'EXEC -> array',
      'GET a -> a',
    ]);
    expect(answer(simple('c'))).toEqual(['GET c -> c']);
  });

  it('tell whether an answer is owed that comes by itself', () => {
    const pairing = new Pairing<string>();
    const words = (text: string): Buffer[] => text.split(' ').map((word) => Buffer.from(word));
    expect(pairing.awaited).toBe(false);
    pairing.ask(words('GET a'), 'GET');
    pairing.ask(words('BLPOP l 0'), 'BLPOP');
    expect(pairing.awaited).toBe(true);
    pairing.answer(simple('a'));
    expect(pairing.awaited).toBe(false);
  });
});
