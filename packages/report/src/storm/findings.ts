/** What a whole result says in a few sentences; the head of the page and of the terminal's tables. */
import type { StormCell, StormResult } from '@lab/storm';

import { count } from '../text.ts';
import {
  groups,
  isValid,
  measuredTally,
  policyGroups,
  tallyOf,
  type Tally,
  type ValidCell,
} from './cells.ts';
import { interval, middle, ofAll, someOf, troubleWords, two } from './numbers.ts';

/** One sentence. */
export function headlineOf(result: StormResult): string {
  const rows = policyGroups(result);
  const [first] = rows[0] ?? [];
  if (first === undefined) return headlineWithoutPolicies(result);
  const stuck = rows.filter((cells) => measuredTally(cells).share >= 0.5);
  const trouble = troubleWords(first.setting);
  const after = first.setting.trigger === 'none' ? 'Under load' : `After ${trouble}`;
  if (stuck.length === 0)
    return `${after}, every one of ${count(rows.length, 'retry policy', 'retry policies')} came back`;
  if (stuck.length === rows.length)
    return `${after}, none of ${count(rows.length, 'retry policy', 'retry policies')} came back`;
  return `${after}, ${stuck.length} of ${rows.length} retry policies never came back`;
}

function headlineWithoutPolicies(result: StormResult): string {
  const valid = result.cells.filter(isValid);
  if (valid.length === 0) return 'No cell of this run counts';
  const { stuck, n } = measuredTally(valid);
  const { share, judged } = agreementOf(result);
  return `${stuck} of ${n} loads stayed stuck; the model foresaw ${Math.round(share * judged)} of ${judged} verdicts`;
}

/** Sentences that each stand alone: what stuck, what came back, what the law and the model are worth. */
export function keyFindings(result: StormResult): string[] {
  const rows = policyGroups(result);
  const agreement = agreementOf(result);
  const never = rows.filter((cells) => measuredTally(cells).share >= 0.5);
  const back = rows.filter((cells) => measuredTally(cells).share < 0.5);
  return [
    ...(never.length === 0 ? [] : [stuckWords(never)]),
    ...(back.length === 0 || never.length === 0 ? [] : [backWords(back)]),
    ...(agreement.judged === 0 ? [] : [agreementWords(agreement)]),
    ...invalidWords(result),
  ];
}

function stuckWords(rows: readonly ValidCell[][]): string {
  const cells = rows.flat().filter(({ measured }) => measured.verdict === 'stuck');
  const goodput = middle(cells.map(({ measured }) => measured.goodputAfter)) ?? 0;
  const attempts = middle(cells.map(({ measured }) => measured.amplificationAfter)) ?? 0;
  const [fewest] = rows.map(measuredTally).toSorted((a, b) => a.share - b.share);
  const least = fewest === undefined ? '' : `, each in at least ${ofAll(fewest)} seeds`;
  return `Stayed stuck${least}: ${namesOf(rows)}. Long after the cause was gone they sent ${two(attempts)} attempts a job, and ${Math.round(100 * goodput)} % of the jobs were answered in time (medians of the stuck cells).`;
}

function backWords(rows: readonly ValidCell[][]): string {
  const clean = rows.filter((cells) => measuredTally(cells).stuck === 0);
  const [first] = clean.map(measuredTally);
  const mixed = rows.length - clean.length;
  const bound =
    first === undefined ? '' : ` (of ${first.n} seeds none; P(stuck) ${interval(first)} at 95 %)`;
  const others =
    mixed === 0 ? '' : ` ${count(mixed, 'more policy', 'more policies')} stuck in some seeds.`;
  return clean.length === 0
    ? `No policy came back in every seed.${others}`
    : `Never stuck: ${namesOf(clean)}${bound}.${others}`;
}

function namesOf(rows: readonly ValidCell[][]): string {
  return someOf(
    rows.map(([first]) => first?.setting.policy ?? ''),
    20,
  );
}

/** How often the model foresaw the verdict, away from the law's edge and altogether. */
export interface Agreement {
  readonly judged: number;
  readonly agreed: number;
  readonly share: number;
  /** Without cells within 0.1 of the law's edge. */
  readonly away: Tally;
  readonly disagreeing: readonly ValidCell[];
}

export function agreementOf({ cells }: Pick<StormResult, 'cells'>): Agreement {
  const judged = cells.filter(isValid).filter(({ agrees }) => agrees !== null);
  const agreed = judged.filter(({ agrees }) => agrees === true);
  const away = judged.filter(({ law }) => !law.nearEdge);
  return {
    judged: judged.length,
    agreed: agreed.length,
    share: judged.length === 0 ? 0 : agreed.length / judged.length,
    // counted as proportions are: `stuck` stands for agreeing
    away: tallyOf(away.map(({ agrees }) => (agrees === true ? 'stuck' : 'recovered'))),
    disagreeing: judged.filter(({ agrees }) => agrees === false),
  };
}

export function agreementWords({ judged, agreed, away }: Agreement): string {
  const all = `A discrete-event model on the same seeds came to the same verdict in ${agreed} of ${count(judged, 'cell')}`;
  return away.n === judged || away.n === 0
    ? `${all}.`
    : `${all}, and in ${ofAll(away)} (${interval(away)} at 95 %) of those away from the law's edge.`;
}

function invalidWords({ cells, interrupted, planned }: StormResult): string[] {
  const invalid = cells.filter((cell) => !isValid(cell));
  return [
    ...(invalid.length === 0
      ? []
      : [
          `${count(invalid.length, 'cell')} of ${cells.length} failed a gate and count for nothing: ${gatesOf(invalid)}.`,
        ]),
    ...(interrupted
      ? [`The run was ended early: ${cells.length} of ${planned} planned cells ran.`]
      : []),
  ];
}

function gatesOf(cells: readonly StormCell[]): string {
  const failed = cells.map(reasonOf);
  return groups(failed, (reason) => reason)
    .map((same) => `${same[0] ?? ''} (${same.length})`)
    .join(', ');
}

/** Why a cell does not count. */
export function reasonOf({ gates, ending, measured }: StormCell): string {
  const failed = gates.filter(({ passed }) => !passed).map(({ name }) => name);
  if (failed.length > 0) return failed.join(' and ');
  return measured === null ? ending : 'not valid';
}
