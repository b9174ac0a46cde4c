/** The producer is broken. What was ordered and what was published no longer agree, so that nobody can say. */
import { ran, type Edit, type GridRun, type Mutant } from '../mutant.ts';

const main = 'packages/producer/src/main.ts';
const publishJobs = 'packages/producer/src/publish-jobs.ts';

/** Publishes the first jobs only; the exit code says so, for it counts what was ordered. */
function first(jobs: number): Edit {
  return {
    file: main,
    find: `makeJobs(environment.JOBS, environment.SEED), {`,
    replace: `makeJobs(environment.JOBS, environment.SEED).slice(0, ${ran} && ${jobs}), {`,
  };
}

const wholeGrid: Pick<GridRun, 'kind' | 'verdict'> = { kind: 'grid', verdict: 'inconclusive' };

export const producer: readonly Mutant[] = [
  {
    name: 'producer-publishes-10-of-24',
    says: 'The producer stops after 10 of 24 jobs and exits 1.',
    part: 'producer',
    edits: [first(10)],
    proof: {
      ...wholeGrid,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /guard-control: publish: job-0011 was ordered and never published/,
    },
  },
  {
    name: 'producer-publishes-23-of-24',
    says: 'The producer leaves out the last job and exits 1.',
    part: 'producer',
    edits: [first(23)],
    proof: {
      ...wholeGrid,
      transport: 'bullmq',
      reason: /prevent.*: publish: job-0024 was ordered and never published/,
    },
  },
  {
    name: 'producer-hides-what-it-left-out',
    says: 'The producer leaves out the last job and exits 0.',
    part: 'producer',
    edits: [
      first(23),
      {
        file: main,
        find: `return tally.ok === environment.JOBS && unrecorded === 0 ?`,
        replace: `return ${ran} ?`,
      },
    ],
    proof: {
      ...wholeGrid,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /guard-control: publish: job-0024 was ordered and never published/,
    },
  },
  {
    name: 'producer-exits-1-all-the-same',
    says: 'The producer publishes every job and exits 1.',
    part: 'producer',
    edits: [
      {
        file: main,
        find: `return tally.ok === environment.JOBS && unrecorded === 0 ?`,
        replace: `return !${ran} ?`,
      },
    ],
    proof: {
      ...wholeGrid,
      transport: 'bullmq',
      cell: 'guard-control',
      reason: /guard-control: publish: the producer ended with code 1/,
    },
  },
  {
    name: 'producer-publishes-under-two-ids',
    says: 'One job is published a second time under an id that nobody ordered.',
    part: 'producer',
    edits: [
      {
        file: publishJobs,
        find: `      const outcome = await withinLimit(publisher.publish(job), timeoutMs);`,
        replace: `      const outcome = await withinLimit(publisher.publish(job), timeoutMs);
      if (key === 'job-0003' && ${ran}) await publisher.publish({ ...job, key: 'job-0003-again' });`,
      },
    ],
    proof: {
      ...wholeGrid,
      transport: 'rabbitmq',
      cell: 'guard-control',
      reason: /guard-control: publish: job-0003-again was published and not ordered/,
    },
  },
  {
    name: 'producer-publishes-another-amount',
    says: 'One job is published for an amount that was not ordered.',
    part: 'producer',
    edits: [
      {
        file: publishJobs,
        find: `withinLimit(publisher.publish(job), timeoutMs);`,
        replace: `withinLimit(publisher.publish(key === 'job-0003' && ${ran} ? { ...job, amount: job.amount + 1 } : job), timeoutMs);`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_014 is violated.*job-0003/,
    },
  },
  {
    name: 'producer-publishes-twice',
    says: 'One job is published twice under its own id, as if its confirm had been lost.',
    part: 'producer',
    edits: [
      {
        file: publishJobs,
        find: `      const outcome = await withinLimit(publisher.publish(job), timeoutMs);`,
        replace: `      if (key === 'job-0003' && ${ran}) await publisher.publish(job);
      const outcome = await withinLimit(publisher.publish(job), timeoutMs);`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'guard-control',
      verdict: 'inconclusive',
      reason: /guard-control: publish: job-0003 was published 2 times/,
    },
  },
];
