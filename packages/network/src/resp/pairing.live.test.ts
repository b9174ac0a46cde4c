/** Redis itself says which reply belongs to which command: it is asked to echo. */
import { once } from 'node:events';
import { connect } from 'node:net';

import * as fc from 'fast-check';
import { expect, inject, it } from 'vitest';

import { targetOf, uniqueName } from '../testing/brokers.ts';
import { command } from '../testing/resp-encoder.ts';
import { Pairing } from './pairing.ts';
import { RespParser } from './parser.ts';
import { itemsOf, textOf, type RespValue } from './value.ts';

const prefix = uniqueName();
const channel = fc.constantFrom('a', 'b').map((name) => `${prefix}-${name}`);
const channels = fc.array(channel, { minLength: 1, maxLength: 3 });
const names = fc.array(channel, { maxLength: 2 });
const word = (...words: readonly string[]): fc.Arbitrary<string[]> => fc.constant([...words]);

/** `ECHO` stands for an echo of a text of its own; the others change what is answered, and how. */
const step: fc.Arbitrary<string[]> = fc.oneof(
  { weight: 8, arbitrary: word('ECHO') },
  channels.map((all) => ['SUBSCRIBE', ...all]),
  channels.map((all) => ['PSUBSCRIBE', ...all]),
  names.map((all) => ['UNSUBSCRIBE', ...all]),
  names.map((all) => ['PUNSUBSCRIBE', ...all]),
  channel.map((name) => ['PUBLISH', name, 'hello']),
  word('SUBSCRIBE'),
  word('PING'),
  word('RESET'),
  word('MULTI'),
  word('EXEC'),
  word('DISCARD'),
  word('NOSUCH'),
  word('HELLO', '3'),
  word('HELLO', '2'),
  word('EVAL', "return {'message', 'x'}", '0'),
  word('EVAL', "return {'subscribe', 'x', 1}", '0'),
  word('CLIENT', 'REPLY', 'OFF'),
  word('CLIENT', 'REPLY', 'ON'),
  word('CLIENT', 'REPLY', 'SKIP'),
  word('CLIENT', 'REPLY', 'NONE'),
);

it('pairs every echo with its command, whatever was said before it and without waiting', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
      const commands = steps.map((words, index) =>
        words.length === 1 && words[0] === 'ECHO' ? ['ECHO', `echo-${index}`] : words,
      );
      // Whatever state they leave, these say where the end is: replies switched off within a transaction leave
      // EXEC's reply short of items, and what follows fills it.
      const filling = steps.map(() => ['ECHO', 'filling']);
      const last = [['RESET'], ['RESET'], ...filling, ['ECHO', 'end']];
      const told = await converse([...commands, ...last]);
      expect(told.at(-1)).toBe('ECHO end -> end');
      const echoes = told.filter((line) => /^ECHO \S+ -> (?!ERR|transaction dropped)/.test(line));
      expect(echoes.filter((line) => !/^ECHO (\S+) -> \1$/.test(line))).toEqual([]);
    }),
    { numRuns: 300 },
  );
});

/** Sends all at once, and tells what the pairing made of the replies. */
async function converse(commands: readonly (readonly string[])[]): Promise<string[]> {
  const socket = connect(targetOf(inject('redisUrl')));
  const parser = new RespParser({ commands: false });
  const pairing = new Pairing<string>();
  const told: string[] = [];
  const end = Promise.withResolvers<void>();
  socket.once('error', end.reject);
  socket.once('close', () => end.reject(new Error('Redis closed the connection')));
  socket.on('data', (chunk: Buffer) => {
    for (const { value } of parser.read(chunk)) {
      for (const { command: asked, reply } of pairing.answer(value)) {
        told.push(`${asked} -> ${said(reply)}`);
      }
      if (said(value) === 'end') end.resolve();
    }
  });
  await once(socket, 'connect');
  for (const words of commands) {
    pairing.ask(
      words.map((text) => Buffer.from(text)),
      words.join(' '),
    );
  }
  socket.write(Buffer.concat(commands.map((words) => command(...words))));
  await end.promise;
  socket.destroy();
  return told;
}

const said = (reply: RespValue): string =>
  textOf(reply) ?? `${reply.kind} ${itemsOf(reply).map(said).join(' ')}`;
