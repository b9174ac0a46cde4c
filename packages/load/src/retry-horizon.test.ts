import type { LoadSetting } from '@lab/contract';
import { policyNamed } from '@lab/retry';
import { describe, expect, it } from 'vitest';

import { retryHorizonMs } from './retry-horizon.ts';
import { settingOf } from './testing/setting.ts';

describe('the horizon of retries', () => {
  it.for<[string, Partial<LoadSetting>, number]>([
    ['none', { timeoutMs: 500 }, 500],
    ['immediate', { timeoutMs: 500, attempts: 4 }, 2000],
    ['immediate', { timeoutMs: 200, attempts: 3 }, 600],
    ['fixed', { timeoutMs: 500, attempts: 4 }, 4 * 500 + 3 * 200],
  ])('of %s under %o is %i ms', ([policy, over, horizonMs]) => {
    expect(retryHorizonMs(settingOf(over), policyNamed(policy))).toBe(horizonMs);
  });

  it('takes jitter at its longest', () => {
    const exponential = retryHorizonMs(settingOf({}), policyNamed('exponential'));
    expect(retryHorizonMs(settingOf({}), policyNamed('full-jitter'))).toBeCloseTo(exponential);
  });
});
