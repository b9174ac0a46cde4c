import { describe, expect, it } from 'vitest';

import { makeJobs } from './jobs.ts';

describe('makeJobs', () => {
  it('makes the same jobs from the same seed, and others from another', () => {
    expect(makeJobs(50, 7)).toEqual(makeJobs(50, 7));
    expect(makeJobs(50, 8)).not.toEqual(makeJobs(50, 7));
  });

  it('numbers keys from 1, unique, in a form BullMQ takes as an id', () => {
    const keys = makeJobs(12_000, 1).map(({ key }) => key);
    expect(keys[0]).toBe('job-0001');
    expect(new Set(keys).size).toBe(12_000);
    for (const key of keys) expect(key).toMatch(/^job-\d{4,}$/);
  });

  it('draws amounts from 1 to 1000', () => {
    const amounts = makeJobs(2000, 3).map(({ amount }) => amount);
    expect(Math.min(...amounts)).toBeGreaterThanOrEqual(1);
    expect(Math.max(...amounts)).toBeLessThanOrEqual(1000);
    expect(new Set(amounts).size).toBeGreaterThan(500);
  });

  it('keeps the jobs of a shorter run when the run grows', () => {
    expect(makeJobs(20, 7).slice(0, 10)).toEqual(makeJobs(10, 7));
  });
});
