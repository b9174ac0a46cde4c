/**
 * The record's book of a whole run: every line of the history is there, the run's own among them, and the cells that were
 * played are those that were planned: none is missing, none is more. A run that stands in for a disturbed one stands for
 * the same plan.
 */
import type { CellSpec, History, HistoryEvent, RunHeader } from '@lab/contract';

/** @returns what does not add up, in sentences */
export function runBook(history: History, played: readonly CellSpec[]): string[] {
  const gap = history.findIndex(({ seq }, index) => seq !== index);
  const own = history.filter(({ cell }) => cell === 'run');
  const header = own.find(isRunStart)?.header;
  return [
    ...(gap < 0 ? [] : [`record: line ${gap} of the history is missing, doubled or moved`]),
    ...strangers(history, played),
    // A history without a header is a cell's own, or a few: there is no run to count the lines of.
    ...(header === undefined ? [] : [...linesOfTheRun(own), ...asPlanned(header, played)]),
  ];
}

function isRunStart(event: HistoryEvent): event is Extract<HistoryEvent, { kind: 'run' }> {
  return event.kind === 'run' && event.phase === 'start';
}

/** Lines of a cell that never began would be judged by nobody. */
function strangers(history: History, played: readonly CellSpec[]): string[] {
  const cells = new Set(['run', ...played.map(({ id }) => id)]);
  const unknown = new Set<string>();
  let last = 'run'; // lines of one cell come in runs
  for (const { cell } of history) {
    if (cell === last) continue;
    last = cell;
    if (!cells.has(cell)) unknown.add(cell);
  }
  return [...unknown].map((cell) => `record: ${cell} has lines and never began`);
}

function linesOfTheRun(own: History): string[] {
  const counts = own.filter((event) => event.kind === 'record');
  const [count] = counts;
  if (count === undefined) return ['record: nobody counted the lines of the run itself'];
  if (counts.length > 1 || count.of !== 'lab')
    return ['record: the lines of the run are counted wrongly'];
  const lines = own.length - 1;
  return lines === count.lines
    ? []
    : [`record: the run itself wrote ${count.lines} lines, and ${lines} are in the history`];
}

function asPlanned({ plan, planned }: RunHeader, played: readonly CellSpec[]): string[] {
  if (plan === undefined) return ['publish: the run does not say which cells were planned'];
  const standsFor = new Map(played.map(({ id, rerunOf }) => [id, rerunOf]));
  const first = (id: string): string => {
    const before = standsFor.get(id);
    return before === undefined ? id : first(before);
  };
  const wanted = new Set(plan.cells);
  const there = new Set(played.map(({ id }) => id));
  const missing = plan.cells.filter((id) => !there.has(id));
  const more = played.filter(({ id }) => !wanted.has(first(id)));
  return [
    ...(planned === plan.cells.length ? [] : ['publish: the run counts its plan in two ways']),
    ...missing.map((id) => `publish: ${id} was planned and not played`),
    ...more.map(({ id }) => `publish: ${id} was played and not planned`),
  ];
}
