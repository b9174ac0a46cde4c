import { describe, expect, test } from 'vitest';

import { ConditionTimeout, until, within } from './until.ts';

describe('until', () => {
  test('gives what the probe met, after as many looks as it takes', async () => {
    let looks = 0;
    const value = await until(
      'third look',
      () => (++looks === 3 ? { met: 'there' } : { missing: `look ${looks}` }),
      { limitMs: 1000, everyMs: 1 },
    );
    expect([value, looks]).toEqual(['there', 3]);
  });

  test('says at its limit what it waited for and what it last saw', async () => {
    const waiting = until('the moon', () => ({ missing: 'clouds' }), { limitMs: 20, everyMs: 1 });
    await expect(waiting).rejects.toThrow(ConditionTimeout);
    await expect(waiting).rejects.toThrow(
      'waited 20 ms for "the moon" and it did not come; last seen: clouds',
    );
  });

  test('ends with the reason of its signal, also in the middle of a pause', async () => {
    const controller = new AbortController();
    const waiting = until('nothing', () => ({ missing: 'all' }), {
      limitMs: 60_000,
      everyMs: 60_000,
      signal: controller.signal,
    });
    controller.abort(new Error('stop'));
    await expect(waiting).rejects.toThrow('stop');
  });
});

describe('within', () => {
  test('passes the value through', async () => {
    await expect(within('it', Promise.resolve(1), { limitMs: 1000 })).resolves.toBe(1);
  });

  test('rejects at the limit, naming the event that did not come', async () => {
    const never = new Promise<never>(() => undefined);
    await expect(within('the ack', never, { limitMs: 5 })).rejects.toThrow('the ack');
  });

  test('rejects at once when already aborted', async () => {
    const never = new Promise<never>(() => undefined);
    const signal = AbortSignal.abort(new Error('over'));
    await expect(within('x', never, { limitMs: 60_000, signal })).rejects.toThrow('over');
  });
});
