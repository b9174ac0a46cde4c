import { EnvironmentError } from '@lab/brokers';
import { DamagedHistory, NoCellSelected, RunNotFound } from '@lab/harness';
import { expect, test } from 'vitest';

import { UsageError } from './exit-code.ts';
import { Interrupted } from './interruption.ts';
import { reportError } from './report-error.ts';

function reported(error: unknown): { code: number; text: string } {
  let text = '';
  const code = reportError(error, (more) => {
    text += more;
  });
  return { code, text };
}

test.each([
  [new UsageError('wrong word'), 64, /^fm: wrong word\n$/],
  [new NoCellSelected(['a', 'b']), 64, /the grid has: a, b\n$/],
  [new RunNotFound('x: no run lies there'), 64, /^fm: x: no run lies there\n$/],
  [new DamagedHistory('x:3: edited'), 2, /^fm: x:3: edited\n$/],
  [
    new EnvironmentError({ what: 'no RabbitMQ answers', where: 'here', next: 'start it' }),
    3,
    /^fm: no RabbitMQ answers \(here\)\. Next: start it\n$/,
  ],
  [new Interrupted('SIGINT'), 130, /^$/],
])('%s', (error, code, text) => {
  expect(reported(error).code).toBe(code);
  expect(reported(error).text).toMatch(text);
});

test('a bug is called one, with its stack and its causes', () => {
  const { code, text } = reported(new Error('outer', { cause: new Error('inner') }));
  expect(code).toBe(70);
  expect(text).toMatch(/^fm: a bug in the lab, not in what it tests:\nError: outer\n {4}at /);
  expect(text).toMatch(/caused by: inner\n$/);
});

test('what is thrown and is no error is a bug, too', () => {
  expect(reported('text')).toMatchObject({
    code: 70,
    text: expect.stringContaining('text') as string,
  });
});
