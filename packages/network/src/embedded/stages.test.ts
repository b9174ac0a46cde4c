import { afterEach, expect, it, vi } from 'vitest';

import type { ToxicEffect } from '../proxy.ts';
import { stageOf, type Next, type Stage } from './stages.ts';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function stage(effect: ToxicEffect): { stage: Stage; passed: string[] } {
  const passed: string[] = [];
  const next: Next = {
    take: (chunk) => void passed.push(chunk.toString()),
    finish: () => void passed.push('end'),
  };
  return { stage: stageOf(effect, next, () => undefined), passed };
}

const latency = (latencyMs: number) =>
  stage({ type: 'latency', attributes: { latency: latencyMs, jitter: 0 } });

it('a latency longer than a timer of Node takes is waited for in parts', () => {
  vi.useFakeTimers();
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const { stage: delay, passed } = latency(2 ** 31 + 1000);
  delay.take(Buffer.from('late'));
  vi.advanceTimersByTime(2 ** 31);
  expect(passed).toEqual([]);
  vi.advanceTimersByTime(1000);
  expect(passed).toEqual(['late']);
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([2 ** 31 - 1, 1001]);
});

it('no timer outlives a connection', () => {
  vi.useFakeTimers();
  const { stage: delay, passed } = latency(1000);
  delay.take(Buffer.from('late'));
  delay.discard();
  expect(vi.getTimerCount()).toBe(0);
  vi.advanceTimersByTime(2000);
  expect(passed).toEqual([]);
});

it('a rate is kept although no timer is as short as its chunks', () => {
  vi.useFakeTimers();
  const { stage: rate, passed } = stage({ type: 'bandwidth', attributes: { rate: 10_000 } });
  for (let index = 0; index < 1000; index += 1) rate.take(Buffer.alloc(100)); // 10 ms of it
  vi.advanceTimersByTime(5);
  expect(passed.length).toBeGreaterThan(300);
  expect(passed.length).toBeLessThan(700);
  vi.advanceTimersByTime(7);
  expect(passed).toHaveLength(1000);
});
