/** The guard is broken: a system that must be accused. */
import { ran, type Edit, type Mutant } from '../mutant.ts';

const file = 'packages/worker/src/guards/atomic-claim.ts';

/** What a script in Lua cannot note itself is noted where its answer is read. */
const noteAnswer: Edit = {
  file,
  find: `return appliedBy(reply) ?`,
  replace: `${ran};\n    return appliedBy(reply) ?`,
};

export const guard: readonly Mutant[] = [
  {
    name: 'guard-without-claim',
    says: 'The guard no longer asks whether the job was done: it appends every effect.',
    part: 'guard',
    edits: [{ file, find: `if done then return {0, done} end\n`, replace: '' }, noteAnswer],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'prevent',
      verdict: 'disproven',
      reason: /prevent\/lease-stolen: INV_001 is violated/,
    },
  },
  {
    name: 'guard-claims-first-then-appends',
    says: 'Claim and effect are two steps again: the guard has become the split claim.',
    part: 'guard',
    edits: [
      {
        file,
        find: `  return async (effect) => {\n`,
        replace: `  return async (effect) => {
    if (${ran} && (await redis.hsetnx(keys.claims, effect.key, effect.entry)) === 0) return 'duplicate';
    await redis.rpush(keys.ledger, JSON.stringify(effect));
    return 'applied';\n`,
      },
    ],
    proof: {
      kind: 'test',
      project: 'failure-modes',
      file: 'failure_modes/FM_001_duplicate_delivery/tests/prevent.test.ts',
      test: 'on rabbitmq the unsplit guard holds at the fault point that catches the split one',
      reason: /conclusion: 'as expected'/,
    },
  },
  {
    name: 'guard-doubles-an-innocent',
    says: 'The guard appends the effect of one job twice, a job that no fault ever touches.',
    part: 'guard',
    edits: [
      {
        file,
        find: `redis.call('RPUSH', KEYS[2], ARGV[3])\n`,
        replace: `redis.call('RPUSH', KEYS[2], ARGV[3])\nif ARGV[1] == 'job-0003' then redis.call('RPUSH', KEYS[2], ARGV[3]) end\n`,
      },
      noteAnswer,
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'guard-control',
      verdict: 'disproven',
      reason: /guard-control: INV_001 is violated.*job-0003/,
    },
  },
  {
    name: 'guard-doubles-what-it-refused',
    says: 'The guard refuses the duplicate and then writes it all the same.',
    part: 'guard',
    edits: [
      {
        file,
        find: `return appliedBy(reply) ?`,
        replace: `if (!appliedBy(reply) && ${ran}) await redis.rpush(keys.ledger, JSON.stringify(effect));\n    return appliedBy(reply) ?`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'prevent/ack-lost',
      verdict: 'disproven',
      reason: /prevent\/ack-lost: INV_001 is violated/,
    },
  },
];
