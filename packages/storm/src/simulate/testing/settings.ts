/** The load of the benchmark, at T = 500 ms, for tests; and what it came to over several seeds. */
import { plainLoad, type LoadSetting } from '@lab/contract';

import { outcomeOf } from '../../outcome.ts';
import type { LoadOutcome } from '../../result.ts';
import { simulate } from '../simulate.ts';

/** mu = 200/s (8 slots of 40 ms), lambda = 140/s, T = 500 ms, 4 attempts, the server stands still for 4 s. */
export const reference: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 8,
  serviceMs: 40,
  capacityPerS: 200,
  offeredPerS: 140,
  timeoutMs: 500,
  attempts: 4,
  clients: 10,
  warmUpMs: 6000,
  trigger: 'stall',
  triggerMs: 4000,
  observeMs: 24_000,
  ...plainLoad,
  spikeFactor: 2.5,
  addedLatencyMs: 300,
};

/** @returns one outcome for each of the seeds 1 to `seeds` */
export function outcomesOf(changes: Partial<LoadSetting>, seeds: number): LoadOutcome[] {
  return Array.from({ length: seeds }, (_, index) => {
    const setting = { ...reference, ...changes, seed: index + 1 };
    const simulated = simulate(setting);
    return outcomeOf(simulated.series, simulated.setting);
  });
}

export function stuckAmong(outcomes: readonly LoadOutcome[]): number {
  return outcomes.filter(({ verdict }) => verdict === 'stuck').length;
}

/** Upper median; what did not recover is infinite. */
export function medianRecoveryMs(outcomes: readonly LoadOutcome[]): number {
  return median(outcomes.map(({ recoveryMs }) => recoveryMs ?? Number.POSITIVE_INFINITY));
}

export function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
