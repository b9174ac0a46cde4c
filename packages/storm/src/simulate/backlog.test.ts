import type { ServerRules } from '@lab/retry';
import { expect, test } from 'vitest';

import { Backlog } from './backlog.ts';

const plain: ServerRules = {
  order: 'fifo',
  dropExpired: false,
  codelTargetMs: null,
  codelIntervalMs: 100,
  buffer: 100,
};

function waitingFor(rules: Partial<ServerRules>, sentMs: readonly number[]) {
  const backlog = new Backlog({ ...plain, ...rules });
  for (const sent of sentMs) {
    const times = { dueMs: sent, sentMs: sent, deadlineMs: sent + 500 };
    backlog.add({ request: { job: sent, attempt: 1, ...times, answered: () => {} } }, sent);
  }
  const dropped: number[] = [];
  const take = (nowMs: number): number | undefined =>
    backlog.take(nowMs, ({ request }) => dropped.push(request.job))?.request.job;
  return { take, dropped };
}

test('first in, first out takes the oldest, however old', () => {
  const { take, dropped } = waitingFor({}, [0, 10, 20]);
  expect([take(9000), take(9000), take(9000), take(9000)]).toEqual([0, 10, 20, undefined]);
  expect(dropped).toEqual([]);
});

test('newest first takes the newest', () => {
  const { take } = waitingFor({ order: 'lifo' }, [0, 10, 20]);
  expect([take(30), take(30)]).toEqual([20, 10]);
});

test('adaptive order turns round once the queue has stood for the interval', () => {
  const rules = { order: 'adaptive-lifo' } as const;
  expect(waitingFor(rules, [0, 50, 90]).take(100)).toBe(0);
  expect(waitingFor(rules, [0, 50, 90]).take(101)).toBe(90);
});

test('CoDel drops what is older than its target while the queue stands, and nothing before', () => {
  const rules = { codelTargetMs: 20 };
  const before = waitingFor(rules, [0, 50, 90]);
  expect(before.take(100)).toBe(0);
  expect(before.dropped).toEqual([]);
  const standing = waitingFor(rules, [0, 50, 90]);
  expect(standing.take(105)).toBe(90);
  expect(standing.dropped).toEqual([0, 50]);
});

test('drops what is past its deadline, from the oldest on even where the newest is next', () => {
  const { take, dropped } = waitingFor({ order: 'lifo', dropExpired: true }, [0, 10, 400]);
  expect(take(510)).toBe(400);
  expect(dropped).toEqual([0, 10]);
});
