import { describe, expect, it } from 'vitest';

import { drive, oneClient } from '../testing/drive.ts';
import { circuitBreaker } from './circuit-breaker.ts';

const fresh = () => circuitBreaker.caller(oneClient, () => 0.5);
const failure = { attempt: 1, reason: 'timeout', previousDelayMs: 0 } as const;

function opened() {
  const caller = fresh();
  drive(caller, { jobs: 3, everyMs: 0, fails: () => true });
  return caller;
}

describe('the circuit breaker', () => {
  it('opens at the tenth outcome when half of them failed', () => {
    const caller = fresh();
    for (let n = 0; n < 5; n += 1) caller.succeeded(0, 1);
    for (let n = 0; n < 4; n += 1) expect(caller.failed(0, failure)).toBe(0);
    expect(caller.begin(0)).toBe(true);
    expect(caller.failed(0, failure)).toBeNull();
    expect(caller.begin(0)).toBe(false);
  });

  it('stays closed when less than half failed, however long', () => {
    const { refused } = drive(fresh(), {
      jobs: 10_000,
      everyMs: 1,
      fails: (job, attempt) => job % 3 === 0 && attempt === 1,
    });
    expect(refused).toBe(0);
  });

  it('refuses jobs for 5 s and lets one try after that', () => {
    const caller = opened();
    expect(caller.begin(4999)).toBe(false);
    expect(caller.begin(5000)).toBe(true);
    expect(caller.begin(5000)).toBe(false);
  });

  it('closes when the trial succeeds, and has forgotten what was before', () => {
    const caller = opened();
    caller.begin(5000);
    caller.succeeded(5040, 1);
    expect(caller.begin(5040)).toBe(true);
    expect(caller.failed(5040, failure)).toBe(0);
  });

  it('opens for another 5 s when the trial fails, without a retry', () => {
    const caller = opened();
    caller.begin(5000);
    expect(caller.failed(5500, failure)).toBeNull();
    expect(caller.begin(10_499)).toBe(false);
    expect(caller.begin(10_500)).toBe(true);
  });

  it('takes no notice of what was sent before it opened', () => {
    const caller = opened();
    caller.succeeded(100, 1);
    expect(caller.begin(101)).toBe(false);
    expect(caller.failed(102, failure)).toBeNull();
    expect(caller.begin(5000)).toBe(true);
  });

  it('is open as many timeouts at a faster profile', () => {
    const caller = circuitBreaker.caller({ ...oneClient, timeoutMs: 200 }, () => 0.5);
    drive(caller, { jobs: 3, everyMs: 0, fails: () => true });
    expect(caller.begin(1999)).toBe(false);
    expect(caller.begin(2000)).toBe(true);
  });
});
