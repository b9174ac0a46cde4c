/** The worker is broken: a system that must be accused. */
import { ran, type Mutant } from '../mutant.ts';

const attempt = 'packages/worker/src/attempt.ts';

/** A job that no fault strikes, on its first delivery. */
const innocent = `job.key === 'job-0003' && !marks.redelivered`;

export const worker: readonly Mutant[] = [
  {
    name: 'worker-doubles-amounts',
    says: 'Every effect is applied with twice the amount that was ordered.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `amount: job.amount,`,
        replace: `amount: ${ran} && 2 * job.amount,`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_014 is violated/,
    },
  },
  {
    name: 'worker-effects-under-another-key',
    says: 'The effect of one job is written under the key of another one.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `    key: job.key,\n    kind: 'effect',`,
        replace: `    key: job.key === 'job-0003' && ${ran} ? 'job-0004' : job.key,\n    kind: 'effect',`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_006 is violated.*job-0003/,
    },
  },
  {
    name: 'worker-blocks-its-loop',
    says: 'One unstruck job keeps the event loop busy for 1.5 s of CPU, so that its lease runs out.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `  const effect: LedgerEntry = {`,
        replace: `  if (${innocent} && ${ran}) {
    const before = globalThis.process.cpuUsage().user;
    while (globalThis.process.cpuUsage().user - before < 1_500_000);
  }
  const effect: LedgerEntry = {`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control.*: surprise: job-0003 was not struck, and was delivered again/,
    },
  },
  {
    name: 'worker-sleeps-synchronously',
    says: 'One unstruck job sleeps for 2 s without letting the event loop run.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `  const effect: LedgerEntry = {`,
        replace: `  if (${innocent} && ${ran}) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2000);
  }
  const effect: LedgerEntry = {`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control.*: surprise: job-0003 was not struck, and was delivered again/,
    },
  },
  {
    name: 'worker-gives-up-a-good-job',
    says: 'One job that nothing is wrong with is rejected to the dead letters.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `  const effect: LedgerEntry = {`,
        replace: `  if (job.key === 'job-0003' && ${ran}) return { kind: 'reject', reason: 'no' };
  const effect: LedgerEntry = {`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_006 is violated.*job-0003.*dead-lettered after \d failure/,
    },
  },
  {
    name: 'worker-gives-back-an-innocent',
    says: 'One unstruck job is handed back on its first delivery, so that it is delivered twice.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `    const outcome = await guard(effect, marks);`,
        replace: `    const outcome = await guard(effect, marks);
    if (${innocent} && ${ran}) return { kind: 'give back', reason: 'no' };`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control.*: surprise: job-0003 was not struck, and was delivered again/,
    },
  },
  {
    name: 'worker-settles-without-effect',
    says: 'One job is acknowledged without its effect, and the worker says that it applied it.',
    part: 'worker',
    edits: [
      {
        file: attempt,
        find: `    const outcome = await guard(effect, marks);`,
        replace: `    const outcome = job.key === 'job-0003' && ${ran} ? 'applied' : await guard(effect, marks);`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_006 is violated.*job-0003/,
    },
  },
];
