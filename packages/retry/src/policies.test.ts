import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { topologies } from '@lab/contract';
import * as fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';

import { policies, policyNamed } from './policies.ts';
import type { Policy, PolicySetting } from './policy.ts';
import { drive, oneClient } from './testing/drive.ts';

const seeds = fc.integer({ min: 0, max: 2 ** 31 - 1 });

function randomOf(seed: number): () => number {
  const generator = xoroshiro128plus(seed);
  return () => uniformFloat64(generator);
}

const settings: fc.Arbitrary<PolicySetting> = fc.record({
  timeoutMs: fc.constantFrom(100, 200, 500, 2000),
  attempts: fc.integer({ min: 1, max: 6 }),
  clients: fc.integer({ min: 1, max: 20 }),
  serviceMs: fc.constantFrom(8, 16, 40),
  capacityPerS: fc.constantFrom(50, 200, 500),
  offeredPerS: fc.constantFrom(20, 140, 400),
  queueBound: fc.option(fc.integer({ min: 1, max: 500 })),
  concurrency: fc.option(fc.integer({ min: 1, max: 500 })),
  seed: seeds,
});

describe('the list of policies', () => {
  it('has every file of its folder, by the name of the file', () => {
    const files = readdirSync(join(import.meta.dirname, 'policies')).filter(
      (file) => !file.endsWith('.test.ts'),
    );
    expect(policies.map(({ name }) => `${name}.ts`).toSorted()).toEqual(files.toSorted());
  });

  it('names those there are when asked for another', () => {
    expect(policyNamed('grpc').name).toBe('grpc');
    expect(() => policyNamed('hope')).toThrow(/no policy named "hope"; there are: none, immediate/);
  });

  it('asks nobody for the time and nobody else for chance', () => {
    const sources = ['policies', 'parts'].flatMap((folder) =>
      readdirSync(join(import.meta.dirname, folder)).map((file) =>
        readFileSync(join(import.meta.dirname, folder, file), 'utf8'),
      ),
    );
    for (const source of sources) {
      expect(source).not.toMatch(
        /Math\.random\(|Date\.now\(|performance\.|setTimeout\(|from 'node:/,
      );
    }
  });
});

describe.each(policies.map((policy): [string, Policy] => [policy.name, policy]))(
  '%s',
  (_, policy) => {
    it('says what it is, where it comes from and where it belongs', () => {
      for (const text of [policy.title, policy.summary, policy.source]) expect(text).not.toBe('');
      expect(policy.topologies.length).toBeGreaterThan(0);
      for (const topology of policy.topologies) expect(topologies).toContain(topology);
      expect(policy.concurrency === undefined || !policy.topologies.includes('rpc')).toBe(true);
    });

    it('never makes more attempts of a job than it says, and sustains no more than a job may have', () => {
      fc.assert(
        fc.property(settings, seeds, (setting, seed) => {
          const facts = policy.facts(setting);
          expect(facts.aMax).toBeLessThanOrEqual(facts.attempts);
          const one = drive(policy.caller(setting, randomOf(seed)), {
            jobs: 1,
            everyMs: 1,
            fails: () => true,
          });
          expect(one.attempts).toBeLessThanOrEqual(facts.attempts);
        }),
      );
    });

    it('draws the same delays from the same stream', () => {
      fc.assert(
        fc.property(settings, seeds, (setting, seed) => {
          const delays = (): readonly number[] =>
            drive(policy.caller(setting, randomOf(seed)), {
              jobs: 20,
              everyMs: 5,
              fails: (job) => job % 3 !== 0,
            }).delaysMs;
          expect(delays()).toEqual(delays());
        }),
        { numRuns: 30 },
      );
    });

    it('waits a finite time, never a negative one', () => {
      fc.assert(
        fc.property(settings, seeds, (setting, seed) => {
          const { delaysMs } = drive(policy.caller(setting, randomOf(seed)), {
            jobs: 30,
            everyMs: 5,
            fails: () => true,
          });
          for (const delayMs of delaysMs) {
            expect(delayMs).toBeGreaterThanOrEqual(0);
            expect(delayMs).toBeLessThan(Number.POSITIVE_INFINITY);
          }
        }),
        { numRuns: 30 },
      );
    });

    it('has the same numbers, told in timeouts, at every timeout', () => {
      const slow = { ...oneClient, clients: 10 };
      const fast = { ...slow, timeoutMs: 200, serviceMs: 16, capacityPerS: 500, offeredPerS: 350 };
      const [atSlow, atFast] = [policy.facts(slow), policy.facts(fast)];
      expect(atFast.aMax).toBeCloseTo(atSlow.aMax, 9);
      expect(atFast.beta ?? -1).toBeCloseTo(atSlow.beta ?? -1, 9);
      expect(atFast.reserve).toBe(atSlow.reserve);
      const delays = (setting: PolicySetting): readonly number[] =>
        drive(policy.caller(setting, randomOf(7)), {
          jobs: 10,
          everyMs: setting.timeoutMs,
          fails: () => true,
        }).delaysMs.map((delayMs) => delayMs / setting.timeoutMs);
      const [slowDelays, fastDelays] = [delays(slow), delays(fast)];
      expect(fastDelays).toHaveLength(slowDelays.length);
      fastDelays.forEach((delay, at) => expect(delay).toBeCloseTo(slowDelays[at] ?? -1, 1));
    });

    it('declares bounds and lifetimes that a broker takes', () => {
      fc.assert(
        fc.property(settings, (setting) => {
          const rules = policy.queue?.(setting) ?? {};
          const server = policy.server?.(setting);
          const whole = [rules.maxLength, rules.messageTtlMs, policy.concurrency?.(setting)];
          for (const number of whole.filter((one) => one !== undefined)) {
            expect(Number.isInteger(number)).toBe(true);
            expect(number).toBeGreaterThan(0);
          }
          expect(server?.buffer ?? 0).toBeLessThanOrEqual(65_535);
        }),
      );
    });
  },
);

describe('while every attempt fails', () => {
  const jobs = 200_000;
  const sustained = (policy: Policy, setting: PolicySetting): number => {
    const { attempts } = drive(policy.caller(setting, randomOf(3)), {
      jobs,
      everyMs: 1000 / setting.offeredPerS,
      fails: () => true,
    });
    return attempts / jobs;
  };

  /** Concurrency is the pool's to keep, not the caller's. */
  const byJobs = ['attempts', 'queue', 'server', 'bullmq'] as const;
  it.each(policies.filter(({ family }) => byJobs.some((known) => known === family)))(
    '$name sustains all attempts of a job',
    (policy) => {
      expect(sustained(policy, oneClient)).toBe(policy.facts(oneClient).aMax);
    },
  );

  it.each(['sre-budget', 'finagle'].map(policyNamed))(
    '$name, which jobs pay for, converges to 1 + beta',
    (policy) => {
      expect(sustained(policy, oneClient)).toBeCloseTo(policy.facts(oneClient).aMax, 2);
    },
  );

  it.each(
    ['token-bucket', 'grpc', 'aws-legacy', 'aws-2026', 'circuit-breaker', 'sre-throttle'].map(
      policyNamed,
    ),
  )('$name, which successes pay for, converges to at most one attempt', (policy) => {
    expect(sustained(policy, oneClient)).toBeLessThan(1.01);
  });
});

const paidByJobs: readonly string[] = ['sre-budget', 'finagle'];
const budgets = policies.filter(({ family }) => family === 'budget');

describe.each(budgets.map((policy): [string, Policy] => [policy.name, policy]))(
  'the budget %s',
  (name, policy) => {
    it('gives at once what it says it keeps in reserve, and no more', () => {
      const caller = policy.caller(oneClient, randomOf(1));
      const fillMs = 60_000;
      const fillJobs = (oneClient.offeredPerS * fillMs) / 1000;
      drive(caller, { jobs: fillJobs, everyMs: fillMs / fillJobs, fails: () => false });
      const failure = { attempt: 1, reason: 'timeout', previousDelayMs: 0 } as const;
      const granted = Array.from({ length: 2000 }, () => caller.failed(fillMs, failure)).filter(
        (delayMs) => delayMs !== null,
      ).length;
      const reserve = policy.facts(oneClient).reserve ?? -1;
      // A window forgets a tenth of itself at a time.
      const atLeast = paidByJobs.includes(name) ? Math.floor(0.9 * reserve) : reserve;
      expect(granted).toBeLessThanOrEqual(reserve);
      expect(granted).toBeGreaterThanOrEqual(atLeast);
    });

    it('never pays for more failed retries than reserve and beta allow, however attempts end', () => {
      fc.assert(
        fc.property(
          seeds,
          fc.double({ min: 0.01, max: 0.99, noNaN: true }),
          (seed, failureRate) => {
            const random = randomOf(seed);
            const jobs = 5000;
            const caller = policy.caller(oneClient, randomOf(seed + 1));
            let failedRetries = 0;
            drive(caller, {
              jobs,
              everyMs: 1000 / oneClient.offeredPerS,
              fails(_job, attempt) {
                const fails = random() < failureRate;
                if (fails && attempt > 1) failedRetries += 1;
                return fails;
              },
            });
            const { beta, reserve } = policy.facts(oneClient);
            expect(failedRetries).toBeLessThanOrEqual((beta ?? 0) * jobs + (reserve ?? 0) + 1);
          },
        ),
        { numRuns: 25 },
      );
    });
  },
);
