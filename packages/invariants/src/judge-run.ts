/**
 * The verdict on a failure mode, from all cells of a run; the worst one wins. `proven` also needs the whole
 * grid on every transport that was run: an experiment without its controls proves nothing. And it needs the whole
 * history of all that was planned: a line that is missing says nothing good of those that are there.
 */
import type { History, RoleInGrid, Transport } from '@lab/contract';

import { runBook } from './books/index.ts';
import { splitCells, type CellHistory } from './cell-history.ts';
import { discardDisturbed } from './discarded-runs.ts';
import { everything, judgeCell, type Asked } from './judge-cell.ts';
import type {
  Conclusion,
  Judgement,
  MissingCell,
  Planted,
  RunJudgement,
  Verdict,
} from './judgement.ts';
import { plantAndJudge } from './plants/index.ts';

const gridRoles: readonly RoleInGrid[] = [
  'control',
  'reproduce',
  'placebo',
  'prevent',
  'guard control',
  'recover',
];

/**
 * Judges a whole history; findings already written into it are ignored.
 * @param asked by which the cells are asked; another one than all there is only to see whether that is noticed
 */
export function judgeRun(history: History, asked: Asked = everything): RunJudgement {
  const histories = splitCells(history);
  const played = histories.map((cell) => judgeCell(cell, asked));
  const { cells, discarded } = discardDisturbed(played);
  const planted = isSteered(history) ? plantIn(cells, histories, asked) : nothingPlanted;
  const missing = missingCells(cells);
  const broken = runBook(
    history,
    played.map(({ spec }) => spec),
  );
  const worst = worstOf(cells, broken);
  return {
    verdict: verdictOf(worst, missing, planted),
    reasons: [
      ...reasonsOf(cells, 'contrary'),
      ...broken,
      ...reasonsOf(cells, 'inconclusive'),
      ...(cells.length === 0 ? ['no cell was run'] : []),
      ...(missing.length === 0 ? [] : [`the grid is not complete: no ${missingList(missing)}`]),
      ...planted.missed.map(inWords),
    ],
    cells,
    gone: [...new Set(cells.flatMap(({ gone }) => gone))],
    planted,
    discarded,
    worst,
    missing,
  };
}

/** An unsteered run proves nothing, and its strike may leave no job alone: nothing is planted in it. */
function isSteered(history: History): boolean {
  const first = history.find(({ kind }) => kind === 'run');
  return first?.kind !== 'run' || first.header.steered;
}

const nothingPlanted: Planted = { planted: 0, found: 0, missed: [], nowhere: [] };

function plantIn(
  cells: readonly Judgement[],
  histories: readonly CellHistory[],
  asked: Asked,
): Planted {
  const bySpec = new Map(histories.map((cell) => [cell.spec, cell]));
  const judged = cells.flatMap((judgement) => {
    const cell = bySpec.get(judgement.spec);
    return cell === undefined ? [] : [{ cell, judgement }];
  });
  return plantAndJudge(judged, (cell) => judgeCell(cell, asked));
}

function verdictOf(worst: Conclusion, missing: readonly MissingCell[], planted: Planted): Verdict {
  if (worst === 'contrary') return 'disproven';
  const open = worst === 'inconclusive' || missing.length > 0 || planted.missed.length > 0;
  return open ? 'inconclusive' : 'proven';
}

function inWords({ invariant, transport, cell, why }: Planted['missed'][number]): string {
  return `what was planted against ${invariant} on ${transport}, in ${cell}, was not found: ${why}`;
}

function worstOf(cells: readonly Judgement[], broken: readonly string[]): Conclusion {
  if (cells.some(({ conclusion }) => conclusion === 'contrary')) return 'contrary';
  if (broken.length > 0) return 'inconclusive';
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
