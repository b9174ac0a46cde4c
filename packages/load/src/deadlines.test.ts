import { monotonicMs } from '@lab/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Deadlines } from './deadlines.ts';
import { Wakeups } from './wakeups.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

describe('deadlines of one length', () => {
  it('end in the order in which they were set, none before its time', () => {
    const { deadlines, expired } = opened();
    for (const item of ['a', 'b', 'c']) {
      deadlines.add(monotonicMs() + 100.5, item);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(200);
    expect(expired.map(({ item }) => item)).toEqual(['a', 'b', 'c']);
    expect(expired.every(({ lateMs }) => lateMs >= 0 && lateMs < 2)).toBe(true);
  });

  it('forget what was answered, and go on with the next', () => {
    const { deadlines, expired, answered } = opened();
    for (let item = 0; item < 3000; item++) deadlines.add(monotonicMs() + 100, String(item));
    for (let item = 0; item < 2999; item++) answered.add(String(item));
    vi.advanceTimersByTime(200);
    expect(expired.map(({ item }) => item)).toEqual(['2999']);
    deadlines.add(monotonicMs() + 100, 'later');
    vi.advanceTimersByTime(200);
    expect(expired.map(({ item }) => item)).toEqual(['2999', 'later']);
  });

  it('all end at once after a standstill', () => {
    const { deadlines, expired } = opened();
    for (const item of ['a', 'b', 'c']) deadlines.add(monotonicMs() + 100, item);
    vi.advanceTimersByTime(5000);
    expect(expired).toHaveLength(3);
    deadlines.stop();
  });
});

describe('waits of any length', () => {
  it('end in the order of their times', async () => {
    const wakeups = new Wakeups();
    const woken: number[] = [];
    for (const ms of [30, 10, 20, 10.5]) {
      void wakeups.at(monotonicMs() + ms).then(() => woken.push(ms));
    }
    await vi.advanceTimersByTimeAsync(15);
    expect(woken).toEqual([10, 10.5]);
    await vi.advanceTimersByTimeAsync(50);
    expect(woken).toEqual([10, 10.5, 20, 30]);
  });

  it('are over at once where the time has come', async () => {
    await expect(new Wakeups().at(monotonicMs())).resolves.toBeUndefined();
  });
});

function opened() {
  const expired: { item: string; lateMs: number }[] = [];
  const answered = new Set<string>();
  const dueAt = new Map<string, number>();
  const deadlines = new Deadlines<string>({
    waits: (item) => !answered.has(item),
    expire: (item, nowMs) => expired.push({ item, lateMs: nowMs - (dueAt.get(item) ?? 0) }),
  });
  const add = deadlines.add.bind(deadlines);
  deadlines.add = (atMs, item) => {
    dueAt.set(item, atMs);
    add(atMs, item);
  };
  return { deadlines, expired, answered };
}
