/**
 * The storm, live, for a room: a few policies one above the other under the same jobs and the same trouble, bars growing
 * to the right. And what to say of it when it is over: two plain sentences with measured beside predicted. Pure.
 */
import type { StormCell } from '@lab/storm';

import { penOf, type Ink, type Pen } from './pen.ts';
import { fitted, sparkline } from './sparkline.ts';
import { clock, leftWords, phaseWords, type RunningCell } from './storm-live.ts';
import type { Style } from './style.ts';
import { pad, wrap } from './text.ts';

export interface StormDemoView {
  readonly elapsedMs: number;
  readonly leftMs: number;
  /** What is being done while no cell runs. */
  readonly note: string | null;
  /** `280 jobs/s for a server that does 400/s; it stands still for 2.0 s`. */
  readonly subtitle: string | null;
  readonly policies: readonly DemoPolicy[];
}

interface DemoPolicy {
  /** `immediate: 4 attempts, at once`. */
  readonly title: string;
  readonly cell: RunningCell;
}

/** @param columns of the terminal, which may be narrower than any page of the lab */
export function renderStormDemo(view: StormDemoView, style: Style, columns: number): string[] {
  const pen = penOf(style);
  const spinner = pen.unicode ? '◐◓◑◒' : '-\\|/';
  const turn = spinner[Math.floor(view.elapsedMs / 100) % spinner.length] ?? '';
  const head =
    view.note === null
      ? `${turn} ${clock(view.elapsedMs)}, ${leftWords(view.leftMs)}`
      : `${turn} ${clock(view.elapsedMs)}  ${view.note}`;
  return [
    `${head}${view.subtitle === null ? '' : `   ${view.subtitle}`}`,
    ...view.policies.flatMap((policy) => ['', ...panel(policy, pen, columns)]),
  ];
}

const labelWidth = 10;
const valueWidth = 9;

function panel({ title, cell }: DemoPolicy, pen: Pen, columns: number): string[] {
  const width = Math.max(8, columns - labelWidth - valueWidth - 6);
  const { nominalPerS, attempts } = cell;
  const peak = nominalPerS * attempts;
  const phase = phaseWords(cell);
  const line = (label: string, value: string, bars: string, ink: Ink): string =>
    `  ${pad(label, labelWidth)} ${value.padStart(valueWidth)} ${ink(bars)}`;
  const row = (label: string, values: readonly number[], top: number, unit: string, ink: Ink) =>
    line(
      label,
      values.length === 0 ? '' : `${values.at(-1)?.toFixed(0)}${unit}`,
      sparkline(values, top, width, pen),
      ink,
    );
  return [
    `${pen.strong(shortened(title, columns - phase.length - 5, pen))}   ${cell.phase === 'TRIGGER' ? pen.fault(phase) : pen.quiet(phase)}`,
    row('offered', cell.offeredPerS, peak, '/s', pen.quiet),
    row('attempts', cell.attemptsPerS, peak, '/s', pen.expectedViolation),
    row('goodput', cell.goodputPerS, nominalPerS, '/s', pen.good),
    row('queue', cell.depth, Math.max(100, ...cell.depth), '', pen.quiet),
    ...ruler(cell, pen, width).map((marks) => line('trigger', '', marks, pen.fault)),
  ];
}

function shortened(text: string, width: number, { unicode }: Pen): string {
  if (text.length <= width) return text;
  return `${text.slice(0, Math.max(0, width - 3)).trimEnd()}${unicode ? '…' : '...'}`;
}

/** Under the bars, where the trigger was on. */
function ruler({ trigger, windows, offeredPerS }: RunningCell, pen: Pen, width: number): string[] {
  const on = Array.from({ length: windows }, (_, window): number =>
    trigger !== null && window + 1 > trigger.on && window < (trigger.off ?? offeredPerS.length)
      ? 1
      : 0,
  );
  const glyph = pen.unicode ? '━' : '=';
  const marks = fitted(on, Math.min(width, windows)).map((share) => (share > 0 ? glyph : ' '));
  const text = marks.join('').trimEnd();
  return [text];
}

/** What the room is told when it is over: a sentence for each policy, then measured beside predicted, then any doubt. */
export function renderStormVerdicts(cells: readonly StormCell[], style: Style): string[] {
  const pen = penOf(style);
  const doubt = doubtSentence(cells);
  return [
    ...cells.flatMap((cell) => [
      ...wrap(verdictSentence(cell), style.width - 2),
      ...wrap(predictionSentence(cell), style.width - 4).map((line) => pen.quiet(`  ${line}`)),
    ]),
    ...(doubt === null ? [] : wrap(doubt, style.width - 2).map((line) => pen.doubt(line))),
  ];
}

/** What happened in this cell, in one plain sentence. */
function verdictSentence({ measured, setting, ending }: StormCell): string {
  const { policy, trigger } = setting;
  if (measured === null) return `${policy}: not measured (${ending}).`;
  const percent = Math.min(100, 100 * measured.goodputAfter).toFixed(0); // jobs offered before may succeed in it
  const rates = `${percent} % of jobs succeed, at ${measured.amplificationAfter.toFixed(2)} attempts a job`;
  const watched = (measured.watchedMs / 1000).toFixed(0);
  // Half a minute does not show whether it is stuck, so nothing is said of that.
  return measured.recoveryMs === null
    ? `${policy}: not back ${watched} s after the ${trigger} was over: ${rates}.`
    : `${policy}: it came back by itself ${seconds(measured.recoveryMs)} after the ${trigger} was over: in the end ${rates}.`;
}

/** Which gates failed, over all cells at once; null where every cell counts. */
function doubtSentence(cells: readonly StormCell[]): string | null {
  const failed = cells.flatMap(({ gates }) => gates.filter(({ passed }) => !passed));
  const doubtful = cells.filter(({ valid }) => !valid).length;
  if (doubtful === 0) return null;
  const rules = [...new Set(failed.map(({ rule }) => rule))];
  return `${doubtful} of ${cells.length} of these do not count, because not met: ${rules.join('; ')}.`;
}

function predictionSentence({ law, model }: StormCell): string {
  const byLaw =
    law.verdict === null
      ? 'law: none covers it'
      : law.verdict === 'stuck'
        ? `law (${law.law}): stays, at ${law.aMax.toFixed(2)} attempts a job`
        : `law (${law.law}): recovers${law.recoveryMs === null ? '' : ` in ${seconds(law.recoveryMs)}`}`;
  const byModel =
    model.recoveryMs !== null
      ? `recovers in ${seconds(model.recoveryMs)}`
      : `not back after ${seconds(model.watchedMs)}, ${model.amplificationAfter.toFixed(2)} attempts a job`;
  return `predicted by ${byLaw}; by the model: ${byModel}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
