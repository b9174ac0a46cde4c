/** The judge itself is broken. Faults planted in the run's own evidence, and the tests of the judge, must tell. */
import { ran, type Mutant, type Transport } from '../mutant.ts';

const checkers = 'packages/invariants/src/checkers.ts';

/** A checker that never finds anything, in place of the one of that name. */
function alwaysHolds(
  invariant: string,
  checker: string,
  transport: Transport,
  cell: string,
): Mutant {
  return {
    name: `${invariant.toLowerCase().replace('_', '-')}-always-holds-on-${transport}`,
    says: `The checker of ${invariant} says that it holds, whatever it is shown.`,
    part: 'lab',
    edits: [
      {
        file: checkers,
        find: `  ${invariant}: ${checker},`,
        replace: `  ${invariant}: { id: '${invariant}', check: () => ${ran} && { invariant: '${invariant}', state: 'holds', exercised: 24 } },`,
      },
    ],
    proof: {
      kind: 'grid',
      transport,
      cell,
      verdict: 'inconclusive',
      reason: new RegExp(`planted against ${invariant} on ${transport}, .* was not found`),
    },
  };
}

export const judge: readonly Mutant[] = [
  alwaysHolds('INV_001', 'effectAtMostOnce', 'rabbitmq', 'guard-control'),
  alwaysHolds('INV_004', 'recoveryRestoresAndRests', 'bullmq', 'recover'),
  alwaysHolds('INV_005', 'failureHasASignal', 'rabbitmq', 'prevent'),
  alwaysHolds('INV_006', 'acceptedWorkIsEffected', 'bullmq', 'guard-control'),
  alwaysHolds('INV_011', 'acceptedWorkIsTerminal', 'rabbitmq', 'guard-control'),
  alwaysHolds('INV_012', 'messageInOnePlace', 'bullmq', 'guard-control'),
  alwaysHolds('INV_014', 'amountsAreThoseOrdered', 'rabbitmq', 'guard-control'),
  alwaysHolds('INV_001', 'effectAtMostOnce', 'bullmq', 'guard-control'),
  alwaysHolds('INV_004', 'recoveryRestoresAndRests', 'rabbitmq', 'recover'),
  alwaysHolds('INV_005', 'failureHasASignal', 'bullmq', 'prevent'),
  alwaysHolds('INV_006', 'acceptedWorkIsEffected', 'rabbitmq', 'guard-control'),
  alwaysHolds('INV_011', 'acceptedWorkIsTerminal', 'bullmq', 'guard-control'),
  alwaysHolds('INV_012', 'messageInOnePlace', 'rabbitmq', 'guard-control'),
  alwaysHolds('INV_014', 'amountsAreThoseOrdered', 'bullmq', 'guard-control'),
];
