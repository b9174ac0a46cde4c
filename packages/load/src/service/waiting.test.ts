import type { ServerRules } from '@lab/retry';
import { describe, expect, it } from 'vitest';

import { firstInFirstOut, Waiting, type Waiter } from './waiting.ts';

interface Named extends Waiter {
  readonly name: string;
}

describe('requests that wait', () => {
  it('are taken in order where there are no rules', () => {
    const { waiting } = holding({}, ['a', 0], ['b', 1]);
    expect([waiting.take(2)?.name, waiting.take(2)?.name, waiting.take(2)]).toEqual([
      'a',
      'b',
      undefined,
    ]);
  });

  it('are taken newest first under lifo', () => {
    const { waiting } = holding({ order: 'lifo' }, ['a', 0], ['b', 1]);
    expect(waiting.take(2)?.name).toBe('b');
  });

  it('are dropped when nobody waits for them, the oldest too, which lifo never comes to', () => {
    const rules = { order: 'lifo', dropExpired: true } as const;
    const { waiting, dropped } = holding(rules, ['a', 0], ['b', 50], ['c', 99]);
    expect(waiting.take(160)?.name).toBe('c');
    expect(dropped).toEqual(['a', 'b']);
  });

  describe('under adaptive lifo', () => {
    const rules = {
      order: 'adaptive-lifo',
      codelTargetMs: 5,
      codelIntervalMs: 100,
    } as const;

    it('are taken in order while the queue does not stand, however old they are', () => {
      const { waiting, dropped } = holding(rules, ['a', 0], ['b', 1]);
      expect(waiting.take(100)?.name).toBe('a');
      expect(dropped).toEqual([]);
    });

    it('are taken newest first once it stands, and those past the target are dropped', () => {
      const { waiting, dropped } = holding(rules, ['a', 0], ['b', 97], ['c', 99]);
      expect(waiting.take(101)?.name).toBe('c');
      expect(waiting.take(103)?.name).toBeUndefined();
      expect(dropped).toEqual(['b', 'a']);
    });

    it('begin anew when the queue was empty', () => {
      const { waiting } = holding(rules, ['a', 0]);
      waiting.take(50);
      for (const at of [90, 91]) waiting.add(named(`${at}`, at), at);
      expect(waiting.take(150)?.name).toBe('90');
    });
  });

  it('are forgotten undropped when their channel is gone', () => {
    const { waiting, dropped } = holding({ dropExpired: true }, ['a', 0]);
    waiting.clear();
    expect([waiting.take(1000), dropped]).toEqual([undefined, []]);
  });
});

function holding(rules: Partial<ServerRules>, ...items: [name: string, sentAt: number][]) {
  const dropped: string[] = [];
  const waiting = new Waiting<Named>({ ...firstInFirstOut, ...rules }, ({ name }) =>
    dropped.push(name),
  );
  for (const [name, sentAt] of items) waiting.add(named(name, sentAt), sentAt);
  return { waiting, dropped };
}

function named(name: string, sentAt: number): Named {
  return { name, sentAt, deadlineAt: sentAt + 100 };
}
