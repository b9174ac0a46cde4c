/** The reconciler is broken: a system that must be accused. */
import { ran, type Mutant } from '../mutant.ts';

const repair = 'packages/reconciler/src/repair.ts';
const main = 'packages/reconciler/src/main.ts';
const divergence = 'packages/reconciler/src/divergence.ts';

/** Exit 0 whatever is left. */
const saysAllIsWell = {
  file: main,
  find: `return isConsistent(remaining) ?`,
  replace: `return ${ran} ?`,
};

export const reconciler: readonly Mutant[] = [
  {
    name: 'reconciler-compensates-with-plus',
    says: 'A compensation adds the amount once more in place of taking it back.',
    part: 'reconciler',
    edits: [
      {
        file: divergence,
        find: `amount: -effect.amount,`,
        replace: `amount: ${ran} && effect.amount,`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'recover',
      verdict: 'disproven',
      reason: /recover: INV_014 is violated.*an effect of \d+ was taken back with \d+/,
    },
  },
  {
    name: 'reconciler-compensates-twice-and-exits-0',
    says: 'Every surplus effect is taken back twice, and the reconciler says that all is well.',
    part: 'reconciler',
    edits: [
      {
        file: repair,
        find: `redis.call('RPUSH', KEYS[3], ARGV[5])\n`,
        replace: `redis.call('RPUSH', KEYS[3], ARGV[5])\nredis.call('RPUSH', KEYS[3], ARGV[5])\n`,
      },
      saysAllIsWell,
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'recover',
      verdict: 'disproven',
      reason: /recover: recovery: recovery took an effect of job-0008 back twice/,
    },
  },
  {
    name: 'reconciler-undoes-and-redoes',
    says: 'The surplus effect is taken back, applied once more, and taken back again.',
    part: 'reconciler',
    edits: [
      {
        file: repair,
        find: `    if (outcome === undefined) throw`,
        replace: `    if (outcome === 'compensated' && ${ran}) {
      const again = { ...effect, entry: randomUUID(), by: role };
      await redis.rpush(keys.ledger, JSON.stringify(again));
      await redis.rpush(keys.ledger, JSON.stringify(compensationOf(again, randomUUID(), role)));
    }
    if (outcome === undefined) throw`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'recover',
      verdict: 'disproven',
      reason: /recover: recovery: recovery appended an? effect of job-0008 that repairs nothing/,
    },
  },
  {
    name: 'reconciler-does-nothing-and-exits-0',
    says: 'The reconciler repairs nothing and says that all is well.',
    part: 'reconciler',
    edits: [
      {
        file: repair,
        find: `  for (const { surplus } of divergence.duplicated) {`,
        replace: `  for (const { surplus } of ${ran} ? [] : divergence.duplicated) {`,
      },
      saysAllIsWell,
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'recover',
      verdict: 'disproven',
      reason: /recover: INV_001 is violated after recovery/,
    },
  },
  {
    name: 'reconciler-works-and-exits-1',
    says: 'The reconciler restores everything and exits 1 both times.',
    part: 'reconciler',
    edits: [
      {
        file: main,
        find: `return isConsistent(remaining) ?`,
        replace: `return !${ran} ?`,
      },
    ],
    proof: {
      kind: 'grid',
      transport: 'rabbitmq',
      cell: 'recover',
      verdict: 'disproven',
      reason: /recover: recovery: run 1 of recovery ended with exit code 1/,
    },
  },
  {
    name: 'reconciler-takes-back-an-innocent',
    says: 'The reconciler also takes back the only effect of a job.',
    part: 'reconciler',
    edits: [
      {
        file: divergence,
        find: `    if (surplus.length > 0) duplicated.push({ key, kept, surplus });`,
        replace: `    if (surplus.length > 0) duplicated.push({ key, kept, surplus });
    else if (key === 'job-0003' && ${ran}) duplicated.push({ key, kept, surplus: [kept] });`,
      },
      saysAllIsWell,
    ],
    proof: {
      kind: 'grid',
      transport: 'bullmq',
      cell: 'recover',
      verdict: 'disproven',
      reason:
        /recover: recovery: recovery appended a compensation of job-0003 that repairs nothing/,
    },
  },
];
