import { ConditionTimeout } from '@lab/contract';
import { expect, it } from 'vitest';

import { until } from './condition.ts';

const waiting = { condition: 'the third question is asked', limitMs: 1000, everyMs: 1 };

it('returns the value once the condition holds', async () => {
  let asked = 0;
  expect(await until(waiting, () => ((asked += 1) === 3 ? 'yes' : undefined))).toBe('yes');
  expect(asked).toBe(3);
});

it('names the condition that did not come', async () => {
  const never = until({ ...waiting, limitMs: 5 }, () => undefined);
  await expect(never).rejects.toThrow(ConditionTimeout);
  await expect(never).rejects.toThrow(
    'waited 5 ms for "the third question is asked" and it did not come',
  );
});

it('ends at once when it is aborted, with the reason of the abort', async () => {
  const abort = new AbortController();
  const waits = until(
    { ...waiting, limitMs: 60_000, everyMs: 60_000, signal: abort.signal },
    () => undefined,
  );
  abort.abort(new Error('the user wants to stop'));
  await expect(waits).rejects.toThrow('the user wants to stop');
});

it('ends with what the question throws', async () => {
  const waits = until(waiting, () => {
    throw new Error('the server ended');
  });
  await expect(waits).rejects.toThrow('the server ended');
});
