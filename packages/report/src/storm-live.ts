/**
 * What a storm benchmark shows while it runs: what has come out so far, a line for each kind of cell, and what runs now.
 * Pure: the lines of one moment. They fit the given height, and keep what runs now when not all fits.
 */
import { penOf, type Pen } from './pen.ts';
import { sparkline } from './sparkline.ts';
import type { Style } from './style.ts';
import { pad } from './text.ts';

/** How a cell that runs is doing; also what the demonstration draws. */
export interface RunningCell {
  readonly name: string;
  readonly phase: CellPhase;
  /** Until the phase is over, ms; null where nobody can say. */
  readonly leftMs: number | null;
  /** How many windows the load has when it is over. */
  readonly windows: number;
  /** Jobs and attempts a second, and the request queue's length, of the windows that are over. */
  readonly offeredPerS: readonly number[];
  readonly goodputPerS: readonly number[];
  readonly attemptsPerS: readonly number[];
  readonly depth: readonly number[];
  /** What is offered a second when nothing is troubled: the measure of the bars. */
  readonly nominalPerS: number;
  /** Most attempts a job, for the measure of the bars. */
  readonly attempts: number;
  /** Confirmed on and off, in windows since the load's start, fractions included. */
  readonly trigger: { readonly on: number; readonly off: number | null } | null;
}

type CellPhase = 'starting' | 'warming' | 'TRIGGER' | 'watching' | 'ending';

/** What came out of all cells of one kind so far. */
export interface GroupProgress {
  readonly name: string;
  readonly done: number;
  readonly planned: number;
  readonly stuck: number;
  readonly draining: number;
  readonly undecided: number;
  /** Cells that count: complete, all gates passed. */
  readonly valid: number;
  /** Median attempts a job in the last third of those that are stuck; null: none is. */
  readonly stuckAmplification: number | null;
  /** Median time to recover of those that recovered, ms. */
  readonly recoveryMs: number | null;
  readonly recovered: number;
}

export interface StormLiveView {
  readonly elapsedMs: number;
  readonly leftMs: number;
  readonly done: number;
  readonly planned: number;
  /** What is being done when it is not cells. */
  readonly note: string | null;
  readonly groups: readonly GroupProgress[];
  readonly running: readonly RunningCell[];
}

/** @param rows most lines */
export function renderStormLive(view: StormLiveView, style: Style, rows: number): string[] {
  const pen = penOf(style);
  const running = view.running.flatMap((cell) => runningLine(cell, pen));
  const head = headLine(view, pen);
  const now = running.length === 0 ? [] : [runningTitle(pen), ...running];
  const room = rows - now.length - 2;
  const soFar =
    view.done === 0 || room < 2
      ? []
      : [pen.quiet(groupTitle), ...shortened(view.groups.map(groupLine), room)];
  return [head, ...soFar, ...now];
}

/** `41 s` , `3:12`. */
export function clock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}

/** What is said of the time left, which is an estimate. */
export function leftWords(leftMs: number): string {
  return leftMs < 1000 ? 'nearly done' : `about ${clock(leftMs)} left`;
}

function headLine({ elapsedMs, leftMs, done, planned, note }: StormLiveView, pen: Pen): string {
  const spinner = pen.unicode ? '◐◓◑◒' : '-\\|/';
  const turn = spinner[Math.floor(elapsedMs / 100) % spinner.length] ?? '';
  if (note !== null) return `${turn} ${clock(elapsedMs)}  ${note}`;
  return `${turn} ${clock(elapsedMs)}  ${done} of ${planned} cells, ${leftWords(leftMs)}`;
}

const groupTitle = `  ${pad('', 21)} ${pad('cells', 7)}${pad('stuck', 7)}${pad('draining', 9)}${pad('undecided', 10)}${pad('attempts', 9)}back after`;

function groupLine(group: GroupProgress): string {
  const { name, done, planned, stuck, draining, undecided, valid, recovered } = group;
  const { stuckAmplification, recoveryMs } = group;
  const amplification = stuckAmplification === null ? '' : stuckAmplification.toFixed(2);
  const back =
    recoveryMs === null
      ? ''
      : `${(recoveryMs / 1000).toFixed(1)} s${recovered < valid ? ` (${recovered}/${valid})` : ''}`;
  const counted = valid === 0 ? '' : `${stuck}/${valid}`;
  return [
    `  ${pad(name.slice(0, 21), 21)} ${pad(`${done}/${planned}`, 7)}${pad(counted, 7)}`,
    `${pad(some(draining), 9)}${pad(some(undecided), 10)}${pad(amplification, 9)}${back}`,
  ]
    .join('')
    .trimEnd();
}

/** Nothing where there are none: zeros would hide the others. */
function some(cells: number): string {
  return cells === 0 ? '' : String(cells);
}

function shortened(lines: readonly string[], room: number): string[] {
  if (lines.length < room) return [...lines];
  const shown = lines.slice(0, Math.max(0, room - 2));
  return [...shown, `  and ${lines.length - shown.length} more`];
}

/** Columns of the lines of what runs. */
const nameWidth = 28;
const phaseWidth = 15;
const barWidth = 12;

function runningTitle(pen: Pen): string {
  return pen.quiet(
    `  ${pad('running', nameWidth)} ${pad('', phaseWidth)} ${pad('goodput', barWidth)} ${pad('attempts', barWidth)} queue`,
  );
}

function runningLine(cell: RunningCell, pen: Pen): string {
  const { name, goodputPerS, attemptsPerS, depth, nominalPerS, attempts } = cell;
  const phase = pad(phaseWords(cell), phaseWidth);
  const goodput = sparkline(goodputPerS, nominalPerS, barWidth, pen);
  const load = sparkline(attemptsPerS, nominalPerS * attempts, barWidth, pen);
  return [
    ` `,
    pad(name.slice(0, nameWidth), nameWidth),
    cell.phase === 'TRIGGER' ? pen.fault(phase) : phase,
    pad(goodput, barWidth),
    pad(load, barWidth),
    depth.at(-1)?.toFixed(0) ?? '',
  ]
    .join(' ')
    .trimEnd();
}

/** `TRIGGER 2.1 s`. */
export function phaseWords({ phase, leftMs }: Pick<RunningCell, 'phase' | 'leftMs'>): string {
  return leftMs === null ? phase : `${phase} ${(leftMs / 1000).toFixed(1)} s`;
}
