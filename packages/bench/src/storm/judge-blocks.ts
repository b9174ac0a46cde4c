/**
 * A block stands or falls with its no-retry control: if a load that never tries again does not come back as the closed
 * form says, something other than retries was at work, and no cell of the block is counted.
 */
import type { Gate, StormCell } from '@lab/storm';

import { allPassed } from './measured-cell.ts';
import type { PlannedCell } from './plan.ts';

/** What is expected is the closed form, or what the model makes of the very jobs of this block where that is longer. */
const tolerance = 1.5;

export interface JudgedBlocks {
  readonly cells: readonly StormCell[];
  /** Blocks whose control failed, each with the sentence that says how. */
  readonly invalid: readonly { readonly block: number; readonly why: string }[];
}

/** @param cells those that ran; @param planned those that were to run. A control that did not run judges nothing. */
export function judgeBlocks(
  cells: readonly StormCell[],
  planned: readonly PlannedCell[],
): JudgedBlocks {
  const controls = new Map<number, Gate>();
  const roles = new Map(planned.map((cell) => [cell.id, cell.role]));
  for (const cell of cells) {
    if (roles.get(cell.id) === 'no-retry') controls.set(cell.block, controlGate(cell));
  }
  const judged = cells.map((cell) => {
    const gate = controls.get(cell.block);
    if (gate === undefined || roles.get(cell.id) === 'no-retry') return cell;
    const gates = [...cell.gates, gate];
    const valid = cell.measured !== null && allPassed(gates);
    return { ...cell, gates, valid, agrees: valid ? cell.agrees : null };
  });
  const invalid = [...controls]
    .filter(([, gate]) => !gate.passed)
    .map(([block, gate]) => ({ block, why: whyInvalid(gate) }));
  return { cells: judged, invalid };
}

/** Whether the control was back within 1.5 times what was expected, a window's length allowed for counting in windows. */
function controlGate({ measured, law, model, windowMs, setting }: StormCell): Gate {
  const name = 'no-retry control of the block';
  const expectedMs =
    law.recoveryMs === null ? null : Math.max(law.recoveryMs, model.recoveryMs ?? 0);
  const limitMs =
    expectedMs === null
      ? setting.observeMs
      : Math.max(tolerance * expectedMs, expectedMs + windowMs) + windowMs;
  const recoveryMs = measured?.recoveryMs ?? null;
  return {
    name,
    rule: `answers 95 % again within ${(limitMs / 1000).toFixed(1)} s`,
    value: recoveryMs,
    passed: recoveryMs !== null && recoveryMs <= limitMs,
  };
}

function whyInvalid({ rule, value }: Gate): string {
  return `its no-retry control did not: ${rule}; ${value === null ? 'it never did' : `it took ${(value / 1000).toFixed(1)} s`}`;
}
