import { monotonicMs } from '@lab/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Wakeups } from '../wakeups.ts';
import { Slots } from './slots.ts';
import { firstInFirstOut, type Waiter } from './waiting.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

describe('slots', () => {
  it('work on so many at a time', () => {
    const { slots, begun } = opened(2, 10);
    for (let n = 0; n < 5; n++) slots.arrive(request(), monotonicMs());
    expect(begun).toHaveLength(2);
  });

  it('lose no capacity to late timers: a saturated slot begins where the one before was meant to end', async () => {
    const { slots, begun } = opened(1, 10.4); // a timer can only be late for that
    const start = monotonicMs();
    for (let n = 0; n < 101; n++) slots.arrive(request(), start);
    await vi.advanceTimersByTimeAsync(1100);
    expect(begun).toHaveLength(101);
    expect((begun.at(-1) ?? 0) - start).toBeCloseTo(100 * 10.4);
  });

  it('begin with what arrives when it arrives', async () => {
    const { slots, begun } = opened(1, 10);
    slots.arrive(request(), monotonicMs());
    await vi.advanceTimersByTimeAsync(25);
    const now = monotonicMs();
    slots.arrive(request(), now);
    expect(begun[1]).toBe(now);
  });

  it('do not make up for a standstill', async () => {
    const { slots, begun, end } = held(1);
    const start = monotonicMs();
    for (let n = 0; n < 2; n++) slots.arrive(request(), start);
    await vi.advanceTimersByTimeAsync(4000);
    await end(start + 10); // meant to have ended long ago
    expect(monotonicMs() - (begun[1] ?? 0)).toBeCloseTo(50);
  });
});

/** Every request takes the same time. */
function opened(slotCount: number, serviceMs: number) {
  const begun: number[] = [];
  const wakeups = new Wakeups();
  const slots = new Slots<Waiter>({
    slots: slotCount,
    rules: firstInFirstOut,
    work: async (_, fromMs) => {
      begun.push(fromMs);
      await wakeups.at(fromMs + serviceMs);
      return fromMs + serviceMs;
    },
    drop: () => undefined,
  });
  return { slots, begun };
}

/** A request takes until the test ends it. */
function held(slotCount: number) {
  const begun: number[] = [];
  const ending: ((endedAt: number) => void)[] = [];
  const slots = new Slots<Waiter>({
    slots: slotCount,
    rules: firstInFirstOut,
    work: (_, fromMs) => {
      begun.push(fromMs);
      const { promise, resolve } = Promise.withResolvers<number>();
      ending.push(resolve);
      return promise;
    },
    drop: () => undefined,
  });
  const end = async (endedAt: number): Promise<void> => {
    ending.shift()?.(endedAt);
    await vi.advanceTimersByTimeAsync(0);
  };
  return { slots, begun, end };
}

function request(): Waiter {
  const sentAt = monotonicMs();
  return { sentAt, deadlineAt: sentAt + 1e6 };
}
