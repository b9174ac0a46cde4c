/** Every guard by its name. The type makes a name without a guard, or a guard without a name, a compile error. */
import type { GuardName } from '@lab/contract';

import { atomicClaim } from './atomic-claim.ts';
import type { CreateGuard } from './guard.ts';
import { none } from './none.ts';
import { checkThenAct } from './placebo/check-then-act.ts';
import { memorySet } from './placebo/memory-set.ts';
import { trustRedelivered } from './placebo/trust-redelivered.ts';
import { splitClaim } from './split-claim.ts';

export const guards: Readonly<Record<GuardName, CreateGuard>> = {
  none,
  'atomic-claim': atomicClaim,
  'split-claim': splitClaim,
  'trust-redelivered': trustRedelivered,
  'memory-set': memorySet,
  'check-then-act': checkThenAct,
};
