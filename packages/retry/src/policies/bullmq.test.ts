import { Backoffs } from 'bullmq';
import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { policies } from '../policies.ts';
import { oneClient } from '../testing/drive.ts';

afterEach(() => void vi.restoreAllMocks());

/** A job as BullMQ would hand it over; its own two strategies look at none of it. */
const anyError = new Error('it failed');
const noJob = null as never; // the types want a job, the code never reads it

describe.each(
  policies.flatMap((policy) =>
    policy.bullmq?.(oneClient).backoff == null ? [] : [[policy.name, policy] as const],
  ),
)('%s in the words of BullMQ', (_, policy) => {
  it('waits as long as BullMQ itself would, to the ms', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(100, 200, 500, 2000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, timeoutMs, uniform) => {
          const setting = { ...oneClient, timeoutMs, attempts: 5 };
          const rules = policy.bullmq?.(setting);
          if (rules?.backoff == null) throw new Error('no backoff');
          vi.spyOn(Math, 'random').mockReturnValue(uniform);
          const theirs = Backoffs.calculate(rules.backoff, attempt, anyError, noJob);
          vi.restoreAllMocks();
          const ours = policy
            .caller(setting, () => uniform)
            .failed(0, { attempt, reason: 'error', previousDelayMs: 0 });
          // BullMQ rounds down to whole ms; only its own policies do so here.
          const toleratedMs = policy.family === 'bullmq' ? 0 : 1;
          expect(Math.abs((ours ?? -1) - Number(theirs))).toBeLessThanOrEqual(toleratedMs);
        },
      ),
    );
  });
});
