import { expect, test } from 'vitest';

import { Clock } from './clock.ts';
import { RequestQueue, type Delivery } from './request-queue.ts';
import type { Request } from './request.ts';

function request(job: number, sentMs = 0): Request {
  return { job, attempt: 1, dueMs: sentMs, sentMs, deadlineMs: sentMs + 500, answered: () => {} };
}

function queueWith(rules: ConstructorParameters<typeof RequestQueue>[1]['rules'], prefetch = 2) {
  const clock = new Clock();
  const dropped = { count: 0 };
  const delivered: Delivery[] = [];
  const queue = new RequestQueue(clock, { rules, prefetch, dropped: () => dropped.count++ });
  const consumer = { deliver: (delivery: Delivery) => void delivered.push(delivery) };
  const jobs = (): number[] => delivered.map(({ request: { job } }) => job);
  return { clock, queue, dropped, delivered, consumer, jobs };
}

test('hands out up to the prefetch, and the next when one is acknowledged', () => {
  const { queue, delivered, consumer, jobs } = queueWith({});
  queue.consume(consumer);
  for (const job of [0, 1, 2, 3]) queue.publish(request(job));
  expect(jobs()).toEqual([0, 1]);
  expect(queue.depth()).toBe(2);
  const second = delivered[1];
  if (second !== undefined) queue.acknowledge(second);
  expect(jobs()).toEqual([0, 1, 2]);
});

test('gives back what a lost consumer had, to the head and in its old order', () => {
  const { queue, delivered, consumer, jobs } = queueWith({});
  queue.consume(consumer);
  for (const job of [0, 1, 2]) queue.publish(request(job));
  queue.loseConsumer();
  expect(queue.depth()).toBe(3);
  const stale = delivered[0];
  queue.consume(consumer);
  if (stale !== undefined) queue.acknowledge(stale); // of a connection that is gone: it settles nothing
  expect(jobs()).toEqual([0, 1, 0, 1]);
});

test('reject-publish refuses what would make the ready messages more than K', () => {
  const { queue, consumer } = queueWith({ maxLength: 2, overflow: 'reject-publish' });
  expect([0, 1, 2].map((job) => queue.publish(request(job)))).toEqual([
    'taken',
    'taken',
    'rejected',
  ]);
  queue.consume(consumer); // two are in hand now and no longer ready
  expect([3, 4, 5].map((job) => queue.publish(request(job)))).toEqual([
    'taken',
    'taken',
    'rejected',
  ]);
});

test('drop-head takes the new and throws away the oldest', () => {
  const { queue, dropped, consumer, jobs } = queueWith({ maxLength: 2, overflow: 'drop-head' });
  expect([0, 1, 2].map((job) => queue.publish(request(job)))).toEqual(['taken', 'taken', 'taken']);
  expect(dropped.count).toBe(1);
  queue.consume(consumer);
  expect(jobs()).toEqual([1, 2]);
});

test('a message expires at the head only: one behind a younger head stays', () => {
  const { clock, queue, dropped } = queueWith({ messageTtlMs: 500 });
  clock.runUntil(100);
  queue.publish(request(0, 100));
  queue.publish(request(1, 0)); // as one that was given back would be
  clock.runUntil(550);
  expect(queue.depth()).toBe(2);
  clock.runUntil(600);
  expect(queue.depth()).toBe(0);
  expect(dropped.count).toBe(2);
});

test('what is handed out does not expire', () => {
  const { clock, queue, dropped, consumer } = queueWith({ messageTtlMs: 500 }, 1);
  queue.consume(consumer);
  queue.publish(request(0));
  clock.runUntil(2000);
  expect(queue.depth()).toBe(0);
  expect(dropped.count).toBe(0);
});

test('a broker that dies loses its messages and takes none until it is back', () => {
  const { queue, consumer, jobs } = queueWith({});
  queue.publish(request(0));
  queue.crash();
  expect(queue.publish(request(1))).toBe('lost');
  queue.restart();
  queue.publish(request(2));
  queue.consume(consumer);
  expect(jobs()).toEqual([2]);
});
