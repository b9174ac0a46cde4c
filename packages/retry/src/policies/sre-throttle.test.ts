import { describe, expect, it } from 'vitest';

import { drive, oneClient } from '../testing/drive.ts';
import { sreThrottle } from './sre-throttle.ts';

describe('adaptive throttling', () => {
  it('turns nothing away while half of what is asked succeeds', () => {
    const caller = sreThrottle.caller({ ...oneClient, attempts: 1 }, () => 0);
    const { refused } = drive(caller, { jobs: 2000, everyMs: 10, fails: (job) => job % 2 === 1 });
    expect(refused).toBe(0);
  });

  it('turns away by the formula: after 9 failures and 1 success, with probability 8/11', () => {
    for (const [uniform, begins] of [
      [0.72, false],
      [0.73, true],
    ] as const) {
      const draws = [...Array.from({ length: 10 }, () => 1), uniform];
      const caller = sreThrottle.caller({ ...oneClient, attempts: 1 }, () => draws.shift() ?? 1);
      drive(caller, { jobs: 10, everyMs: 0, fails: (job) => job > 0 });
      expect(caller.begin(0)).toBe(begins); // (10 - 2 x 1) / (10 + 1) = 0.727
    }
  });

  it('forgets after two minutes', () => {
    const caller = sreThrottle.caller({ ...oneClient, attempts: 1 }, () => 0.5);
    drive(caller, { jobs: 100, everyMs: 1, fails: () => true });
    expect(caller.begin(1000)).toBe(false);
    expect(caller.begin(125_000)).toBe(true);
  });
});
