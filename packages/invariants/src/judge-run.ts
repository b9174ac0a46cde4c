/**
 * The verdict on a failure mode, from all cells of a run; the worst one wins. `proven` also needs the whole
 * grid on every transport that was run: an experiment without its controls proves nothing.
 */
import type { History, RoleInGrid, Transport } from '@lab/contract';

import { splitCells } from './cell-history.ts';
import { discardDisturbed } from './discarded-runs.ts';
import { judgeCell } from './judge-cell.ts';
import type { Conclusion, Judgement, MissingCell, RunJudgement, Verdict } from './judgement.ts';

const gridRoles: readonly RoleInGrid[] = [
  'control',
  'reproduce',
  'placebo',
  'prevent',
  'guard control',
  'recover',
];

/** Judges a whole history; findings already written into it are ignored. */
export function judgeRun(history: History): RunJudgement {
  const { cells, discarded } = discardDisturbed(splitCells(history).map((cell) => judgeCell(cell)));
  const missing = missingCells(cells);
  const worst = worstOf(cells);
  return {
    verdict: verdictOf(worst, missing),
    reasons: [
      ...reasonsOf(cells, 'contrary'),
      ...reasonsOf(cells, 'inconclusive'),
      ...(cells.length === 0 ? ['no cell was run'] : []),
      ...(missing.length === 0 ? [] : [`the grid is not complete: no ${missingList(missing)}`]),
    ],
    cells,
    gone: [...new Set(cells.flatMap(({ gone }) => gone))],
    planted: { planted: 0, found: 0, missed: [] },
    discarded,
    worst,
    missing,
  };
}

function verdictOf(worst: Conclusion, missing: readonly MissingCell[]): Verdict {
  if (worst === 'contrary') return 'disproven';
  return worst === 'inconclusive' || missing.length > 0 ? 'inconclusive' : 'proven';
}

function worstOf(cells: readonly Judgement[]): Conclusion {
  if (cells.some(({ conclusion }) => conclusion === 'contrary')) return 'contrary';
  const open = cells.length === 0 || cells.some(({ conclusion }) => conclusion === 'inconclusive');
  return open ? 'inconclusive' : 'as expected';
}

function reasonsOf(cells: readonly Judgement[], conclusion: Conclusion): string[] {
  return cells
    .filter((cell) => cell.conclusion === conclusion)
    .flatMap((cell) => cell.reasons.map((reason) => `${cell.spec.id}: ${reason}`));
}

function missingCells(cells: readonly Judgement[]): MissingCell[] {
  const played = new Map<Transport, Set<RoleInGrid>>();
  for (const { spec } of cells) {
    played.set(spec.transport, (played.get(spec.transport) ?? new Set()).add(spec.role));
  }
  return [...played].flatMap(([transport, roles]) =>
    gridRoles.filter((role) => !roles.has(role)).map((role) => ({ transport, role })),
  );
}

function missingList(missing: readonly MissingCell[]): string {
  return missing.map(({ transport, role }) => `${role} on ${transport}`).join(', ');
}
