/** What a whole result says in a few sentences; the head of the page and of the terminal's tables. */
import {
  isCounted,
  measuredCount,
  type Agreement,
  type CountedCell,
  type StormCell,
  type StormResult,
  type StormSummary,
} from '@lab/storm';

import { count } from '../text.ts';
import { policyGroups, shareStuck } from './cells.ts';
import {
  interval,
  middle,
  ofAll,
  percent,
  seconds,
  someOf,
  spanOf,
  troubleWords,
  two,
} from './numbers.ts';

/** One sentence. */
export function headlineOf(result: StormResult, { agreement }: StormSummary): string {
  const rows = policyGroups(result);
  const [first] = rows[0] ?? [];
  if (first === undefined) return headlineWithoutPolicies(result, agreement);
  const stuck = rows.filter(isStuck);
  const after =
    first.setting.trigger === 'none' ? 'Under load' : `After ${troubleWords(first.setting)}`;
  const stayed = `stayed stuck${stuck.every(isAlwaysStuck) ? '' : ' in half of the seeds or more'}`;
  const back = rows.every(comeBack) ? 'came back' : 'did not stay stuck in half of the seeds';
  if (rows.length === 1)
    return `${after}, ${first.setting.policy} ${stuck.length === 1 ? stayed : back}`;
  if (stuck.length === 0) return `${after}, all ${rows.length} retry policies ${back}`;
  return stuck.length === rows.length
    ? `${after}, all ${rows.length} retry policies ${stayed}`
    : `${after}, ${stuck.length} of ${rows.length} retry policies ${stayed}`;
}

function headlineWithoutPolicies(result: StormResult, { model }: Agreement): string {
  const counted = result.cells.filter(isCounted);
  if (counted.length === 0) return 'No cell of this run counts';
  const { stuck, n } = measuredCount(counted);
  const loads = `${stuck} of ${count(n, 'load')} stayed stuck`;
  return model.n === 0 ? loads : `${loads}; the model foresaw ${model.k} of ${model.n} verdicts`;
}

/** Whether all of its seeds recovered or were on their way back. */
function comeBack(cells: readonly CountedCell[]): boolean {
  const { n, recovered, draining } = measuredCount(cells);
  return recovered + draining === n;
}

/** Whether half of its seeds or more stayed stuck. */
function isStuck(cells: readonly CountedCell[]): boolean {
  return shareStuck(measuredCount(cells)) >= 0.5;
}

function isAlwaysStuck(cells: readonly CountedCell[]): boolean {
  const { stuck, n } = measuredCount(cells);
  return stuck === n;
}

/** Sentences that each stand alone: what stuck, what came back, what the model is worth, what does not count. */
export function keyFindings(result: StormResult, summary: StormSummary): string[] {
  const rows = policyGroups(result);
  const never = rows.filter(isStuck);
  const back = rows.filter((cells) => !isStuck(cells));
  return [
    ...(never.length === 0 ? [] : [stuckWords(never)]),
    ...(back.length === 0 ? [] : [backWords(back)]),
    ...slowWords(rows),
    ...agreementWords(summary.agreement).slice(0, 1),
    ...validityWords(result, summary),
  ];
}

function stuckWords(rows: readonly CountedCell[][]): string {
  const stuck = rows.map((cells) => cells.filter(({ measured }) => measured.verdict === 'stuck'));
  const medians = (of: (cell: CountedCell) => number): number[] =>
    stuck.flatMap((cells) => middle(cells.map(of)) ?? []);
  const attempts = medians(({ measured }) => measured.amplificationAfter);
  const goodput = medians(({ measured }) => measured.goodputAfter);
  const how = rows.every(isAlwaysStuck) ? ' in every seed' : ' in half of the seeds or more';
  return `Stayed stuck${how}: ${namesOf(rows)}. Long after the cause was gone they made ${spanOf(attempts, two)} attempts a job and answered ${spanOf(goodput, percent)} of the jobs in time (each policy's median).`;
}

function backWords(rows: readonly CountedCell[][]): string {
  const clean = rows.filter((cells) => measuredCount(cells).stuck === 0);
  const mixed = rows.filter((cells) => measuredCount(cells).stuck > 0);
  const [most] = clean.map(measuredCount).toSorted((a, b) => b.n - a.n);
  return [
    most === undefined
      ? 'No policy came back in every seed.'
      : `Not stuck in any seed: ${namesOf(clean)}. With ${count(most.n, 'seed')} that means P(stuck) ${interval(most)}, at 95 %.`,
    ...(mixed.length === 0
      ? []
      : [
          `Stuck in some: ${mixed
            .map((cells) => `${nameOf(cells)} (${ofAll(measuredCount(cells))})`)
            .join(', ')}.`,
        ]),
  ].join(' ');
}

/** What was slow, and what nobody can say yet: neither is stuck. */
function slowWords(rows: readonly CountedCell[][]): string[] {
  const draining = rows.flatMap((cells) => {
    const bounds = cells.flatMap(({ measured }) => measured.backMs ?? []);
    if (bounds.length === 0) return [];
    const from = seconds(Math.min(...bounds.map(({ low }) => low)));
    const to = seconds(Math.max(...bounds.map(({ high }) => high)));
    return [`${nameOf(cells)} (${bounds.length}/${cells.length}, back ${from} to ${to} after)`];
  });
  const undecided = rows.flatMap((cells) => {
    const open = cells.filter(({ measured }) => measured.verdict === 'undecided');
    if (open.length === 0) return [];
    const watched = seconds(Math.max(...open.map(({ measured }) => measured.watchedMs)));
    return [`${nameOf(cells)} (${open.length}/${cells.length}, watched ${watched})`];
  });
  return [
    ...(draining.length === 0 ? [] : [`Draining when the watch ended: ${draining.join(', ')}.`]),
    ...(undecided.length === 0 ? [] : [`Undecided: ${undecided.join(', ')}.`]),
  ];
}

function namesOf(rows: readonly CountedCell[][]): string {
  return someOf(rows.map(nameOf), 24);
}

function nameOf([first]: readonly CountedCell[]): string {
  return first?.setting.policy ?? '';
}

/** What model and law are worth, a sentence each; none where nothing was compared. */
export function agreementWords(agreement: Agreement): string[] {
  const { model, modelAwayFromEdge: away, law, undecided } = agreement;
  if (model.n === 0) return [];
  const open =
    undecided === 0
      ? ''
      : `; ${count(undecided, 'cell')} more, undecided in one of the two, not compared`;
  const edge =
    away.n === 0
      ? ''
      : `, and in ${away.k} of ${away.n} (${interval(away)}, at 95 %) away from the edge rho A_max = 1`;
  return [
    `A discrete-event model on the same seeds said the same of coming back in ${model.k} of ${count(model.n, 'cell')}${edge}${open}.`,
    ...(law.n === 0
      ? []
      : [
          `Where a closed form names a verdict and is not near its edge, it was right in ${law.k} of ${count(law.n, 'cell')} (${interval(law)}, at 95 %).`,
        ]),
  ];
}

/** Cells that do not count, and cells that did not run: said first, not in a footnote. */
function validityWords(
  { cells, interrupted, planned }: StormResult,
  summary: StormSummary,
): string[] {
  const { counted } = summary.validity;
  return [
    ...(counted === cells.length
      ? []
      : [
          `${cells.length - counted} of ${count(cells.length, 'cell')} count for nothing: ${invalidWords(summary)}.`,
        ]),
    ...(interrupted
      ? [`The run was ended early: ${cells.length} of ${planned} planned cells ran.`]
      : []),
  ];
}

/** `3 did not complete; missed: generator lag 11, host CPU 2`; a cell may have missed several gates. */
export function invalidWords({ validity: { incomplete, byGate } }: StormSummary): string {
  const gates = byGate.map(({ name, cells }) => `${name} ${cells}`);
  return [
    ...(incomplete === 0 ? [] : [`${incomplete} did not complete`]),
    ...(gates.length === 0 ? [] : [`gates missed: ${someOf(gates, 8)}`]),
  ].join('; ');
}

/** Why a cell does not count. */
export function reasonOf({ gates, ending, measured }: StormCell): string {
  const failed = gates.filter(({ passed }) => !passed).map(({ name }) => name);
  if (measured === null) return [ending, ...failed].join(' and ');
  return failed.length > 0 ? failed.join(' and ') : 'not valid';
}
