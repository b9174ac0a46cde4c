/** The table of the reserves, and the edges of each budget, told one by one. */
import { describe, expect, it } from 'vitest';

import { policyNamed } from '../policies.ts';
import { drive, oneClient } from '../testing/drive.ts';

const timedOut = (attempt: number) => ({ attempt, reason: 'timeout', previousDelayMs: 0 }) as const;

describe('budgets', () => {
  it('have these bounds and reserves, with ten clients sharing 140 jobs a second', () => {
    const shared = { ...oneClient, clients: 10 };
    const table = ['token-bucket', 'sre-budget', 'finagle', 'grpc', 'aws-legacy', 'aws-2026'].map(
      (name) => {
        const { aMax, reserve } = policyNamed(name).facts(shared);
        return [name, Math.round(aMax * 1000) / 1000, reserve];
      },
    );
    expect(table).toEqual([
      ['token-bucket', 1.1, 5],
      ['sre-budget', 1.1, 14],
      ['finagle', 1.914, 128], // 1 + 20 % + 10 x 10/s of 140/s; 100 and the deposits of 10 s
      ['grpc', 1.1, 4],
      ['aws-legacy', 1.1, 50],
      ['aws-2026', 1.071, 35],
    ]);
  });

  it('the token bucket pays again after ten successes, to the last tenth', () => {
    const caller = policyNamed('token-bucket').caller(oneClient, () => 0);
    drive(caller, { jobs: 5, everyMs: 0, fails: () => true });
    expect(caller.failed(0, timedOut(1))).toBeNull();
    for (let n = 0; n < 9; n += 1) caller.succeeded(0, 1);
    expect(caller.failed(0, timedOut(1))).toBeNull();
    caller.succeeded(0, 1);
    expect(caller.failed(0, timedOut(1))).toBe(0);
  });

  it('gRPC counts every failure, and asks for more than half of its tokens', () => {
    const caller = policyNamed('grpc').caller(oneClient, () => 0);
    for (let n = 0; n < 4; n += 1) expect(caller.failed(0, timedOut(1))).toBe(0);
    expect(caller.failed(0, timedOut(1))).toBeNull();
    for (let n = 0; n < 10; n += 1) caller.succeeded(0, 1);
    expect(caller.failed(0, timedOut(1))).toBeNull();
    for (let n = 0; n < 11; n += 1) caller.succeeded(0, 1);
    expect(caller.failed(0, timedOut(1))).toBe(0);
  });

  it('AWS gives back what a retry cost that succeeds', () => {
    const caller = policyNamed('aws-2026').caller(oneClient, () => 0);
    const { attempts } = drive(caller, {
      jobs: 1000,
      everyMs: 1,
      fails: (_job, attempt) => attempt === 1,
    });
    expect(attempts).toBe(2000);
  });

  it('AWS before 2026 pays half as much for an error as for a timeout', () => {
    const legacy = policyNamed('aws-legacy');
    const retries = (reason: 'timeout' | 'error') =>
      drive(
        legacy.caller(oneClient, () => 0),
        { jobs: 200, everyMs: 0, reason, fails: () => true },
      ).delaysMs.length;
    expect(retries('timeout')).toBe(50);
    expect(retries('error')).toBe(100);
  });

  it('Finagle grants its reserve anew when the ttl has passed', () => {
    const caller = policyNamed('finagle').caller({ ...oneClient, attempts: 1000 }, () => 0);
    const burst = (startMs: number) =>
      drive(caller, { jobs: 1, everyMs: 0, startMs, fails: () => true }).delaysMs.length;
    expect(burst(0)).toBe(100);
    expect(burst(9000)).toBe(0);
    expect(burst(20_000)).toBe(100);
  });

  it('SRE allows a retry for ten jobs of the last ten seconds', () => {
    const caller = policyNamed('sre-budget').caller(oneClient, () => 0);
    drive(caller, { jobs: 30, everyMs: 1, fails: () => false });
    expect([1, 1, 1, 1].map((attempt) => caller.failed(30, timedOut(attempt)))).toEqual([
      0,
      0,
      0,
      null,
    ]);
    expect(caller.failed(20_000, timedOut(1))).toBeNull();
  });
});
