/**
 * The life of a storm benchmark: calibrate, run the cells side by side in the order of the plan, then those that must
 * run alone, judge the blocks. It measures through a function that is handed in, so that all of it but the measuring
 * itself is tested without a broker.
 */
import { EnvironmentError } from '@lab/brokers';
import { loadMsOf, type EventBody, type LoadSetting } from '@lab/contract';
import { together, type Place } from '@lab/harness';
import { readLoad, simulate, type Calibration, type StormCell } from '@lab/storm';

import { calibrationOf, capacityGate, saturating, servedPerS, tooSlow } from './calibrate.ts';
import { judgeBlocks, type JudgedBlocks } from './judge-blocks.ts';
import { cellOf, type LoadRun } from './measured-cell.ts';
import { calibrationName, needsCalibration, type Plan, type PlannedCell } from './plan.ts';
import { nominalPerS, settingOf, type PlannedLoad } from './planned-load.ts';

export interface StormOptions {
  readonly plan: Plan;
  readonly sideBySide: number;
  /** A demonstration calibrates in less than half the time. */
  readonly shortCalibration: boolean;
  /** Runs although a calibration says that the machine is too slow; the cells then carry a gate that failed. */
  readonly anyway: boolean;
  readonly signal: AbortSignal;
  readonly measure: MeasureLoad;
  readonly onProgress: (progress: StormProgress) => void;
}

/** Runs one load to its end. An interruption may end it with a rejection or with an ending. */
export type MeasureLoad = (
  id: string,
  setting: LoadSetting,
  onEvent: (event: EventBody, source: string) => void,
  /** Where loads of one wave begin together. Given back when the load is over. */
  place: Place,
) => Promise<LoadRun>;

export type StormProgress =
  | { readonly kind: 'calibrating'; readonly load: PlannedLoad; readonly sideBySide: number }
  | { readonly kind: 'calibrated'; readonly calibration: Calibration }
  | { readonly kind: 'started'; readonly cell: PlannedCell; readonly setting: LoadSetting }
  | {
      readonly kind: 'event';
      readonly cell: string;
      readonly event: EventBody;
      readonly source: string;
    }
  | { readonly kind: 'ended'; readonly planned: PlannedCell; readonly cell: StormCell };

export interface StormRun extends JudgedBlocks {
  readonly calibrations: readonly Calibration[];
  /** Why not all cells ran; null when all did. */
  readonly stopped: { readonly why: string; readonly interrupted: boolean } | null;
}

/** @throws EnvironmentError when a calibration says that this machine cannot carry the plan; nothing was measured then. */
export async function runStorm(options: StormOptions): Promise<StormRun> {
  const { plan, signal } = options;
  const calibrations = new Map<string, Calibration>();
  const cells: StormCell[] = [];
  const watch = new FailureWatch(options.sideBySide);
  try {
    for (const load of plan.calibrations) {
      calibrations.set(calibrationName(load), await calibrate(load, options));
    }
    const lengthOf = expectedMs(calibrations);
    for (const wave of wavesOf(plan.cells, options.sideBySide, lengthOf)) {
      if (signal.aborted || watch.why !== null) break;
      await together(wave, async (cell, place) => {
        const measured = await runCell(cell, calibrationFor(cell, calibrations), options, place);
        if (measured === null) return;
        cells.push(measured);
        watch.saw(measured);
      });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return {
    ...judgeBlocks(cells, plan.cells),
    calibrations: [...calibrations.values()],
    stopped: signal.aborted
      ? { why: 'interrupted', interrupted: true }
      : watch.why === null
        ? null
        : { why: watch.why, interrupted: false },
  };
}

/** How much shorter than the first of its wave a load may be. */
const unevenness = 0.3;

/**
 * Cells that begin together and end before the next ones begin, in the order of the plan: starting a cell's programs
 * costs the processors more than running them, and would show in those that were being measured. Cells of one wave
 * are of about one length. Those that are expected to be watched for much longer than they must be come after the others,
 * the shortest first, so that no wave waits for one of them.
 * @param lengthOf how long a cell is expected to take, ms
 */
export function wavesOf(
  cells: readonly PlannedCell[],
  sideBySide: number,
  lengthOf: (cell: PlannedCell) => number = ({ load }) => loadMsOf(load),
): PlannedCell[][] {
  const waves: PlannedCell[][] = [];
  const inCompany = cells.filter(({ alone }) => !alone);
  const isProlonged = (cell: PlannedCell): boolean =>
    lengthOf(cell) > (1 + unevenness) * loadMsOf(cell.load);
  const prolonged = inCompany.filter(isProlonged);
  const ordered = [
    ...inCompany.filter((cell) => !isProlonged(cell)),
    ...prolonged.toSorted((a, b) => lengthOf(a) - lengthOf(b)),
  ];
  for (const cell of ordered) {
    const open = waves.at(-1);
    const first = open?.[0];
    const fits =
      first !== undefined && Math.abs(lengthOf(cell) / lengthOf(first) - 1) <= unevenness;
    if (open !== undefined && fits && open.length < sideBySide) open.push(cell);
    else waves.push([cell]);
  }
  return [...waves, ...cells.filter(({ alone }) => alone).map((cell) => [cell])];
}

/** How long the model watches a cell: a guess at how long it will be watched, and nothing of what will be seen. */
function expectedMs(calibrations: Map<string, Calibration>): (cell: PlannedCell) => number {
  const known = new Map<string, number>();
  return (cell) => {
    let lengthMs = known.get(cell.id);
    if (lengthMs === undefined) {
      const setting = settingFor(cell, calibrationFor(cell, calibrations));
      lengthMs = loadMsOf(setting.watchLimitMs === null ? setting : simulate(setting).setting);
      known.set(cell.id, lengthMs);
    }
    return lengthMs;
  };
}

function settingFor({ load }: PlannedCell, calibration: Calibration | null): LoadSetting {
  return settingOf(load, calibration?.capacityPerS ?? nominalPerS(load));
}

/** @returns null where the load has no capacity that anything rests on */
function calibrationFor(
  { id, load }: PlannedCell,
  calibrations: Map<string, Calibration>,
): Calibration | null {
  if (!needsCalibration(load)) return null;
  const calibration = calibrations.get(calibrationName(load));
  if (calibration === undefined) throw new Error(`no calibration for ${id}`);
  return calibration;
}

/** Too little is measured once more: a machine that was busy for a moment is no reason to refuse. */
async function calibrate(load: PlannedLoad, options: StormOptions): Promise<Calibration> {
  let calibration = await measureCapacity(load, options, 1);
  if (options.anyway || capacityGate(calibration).passed) return calibration;
  calibration = await measureCapacity(load, options, 2);
  if (!capacityGate(calibration).passed) throw tooSlow(calibration);
  return calibration;
}

/** @param time which try it is, from 1 */
async function measureCapacity(
  load: PlannedLoad,
  options: StormOptions,
  time: number,
): Promise<Calibration> {
  const { sideBySide, plan, measure, onProgress, signal } = options;
  const width = Math.min(sideBySide, plan.cells.length);
  onProgress({ kind: 'calibrating', load, sideBySide: width });
  const rates: number[] = [];
  const lanes = Array.from({ length: width }, (_, lane) => lane + 1);
  await together(lanes, async (lane, place) => {
    const setting = saturating(load, lane, options.shortCalibration);
    const name = calibrationName(load).replaceAll(/[^\w.]+/g, '-');
    const id = `calibration/${name}/${time}/${lane}`;
    const { ending, events } = await measure(id, setting, () => undefined, place);
    signal.throwIfAborted();
    if (ending !== 'completed') throw notCalibrated(id, ending);
    rates.push(servedPerS(readLoad(events, setting).series, setting));
  });
  const calibration = calibrationOf(load, rates);
  onProgress({ kind: 'calibrated', calibration });
  return calibration;
}

function notCalibrated(id: string, ending: string): EnvironmentError {
  return new EnvironmentError({
    what: "the server's capacity could not be measured",
    where: id,
    why: ending,
    next: 'pnpm fm doctor says whether the brokers answer; fewer side by side: --parallel 2',
  });
}

/** @returns null when it was broken off by an interruption: what was not measured to its end says nothing. */
async function runCell(
  cell: PlannedCell,
  calibration: Calibration | null,
  { measure, onProgress, signal }: StormOptions,
  place: Place,
): Promise<StormCell | null> {
  const setting = settingFor(cell, calibration);
  onProgress({ kind: 'started', cell, setting });
  const run = await measure(
    cell.id,
    setting,
    (event, source) => onProgress({ kind: 'event', cell: cell.id, event, source }),
    place,
  );
  if (signal.aborted && run.ending !== 'completed') return null;
  const gates = calibration === null ? [] : [capacityGate(calibration)];
  const measured = cellOf(cell, setting, run, gates);
  onProgress({ kind: 'ended', planned: cell, cell: measured });
  return measured;
}

/** Sees that not one cell after the other fails of the same cause: then nothing is gained by trying the rest. */
class FailureWatch {
  why: string | null = null;
  readonly #limit: number;
  #inARow = 0;

  constructor(sideBySide: number) {
    this.#limit = Math.max(3, sideBySide);
  }

  saw({ measured, ending, id }: StormCell): void {
    this.#inARow = measured === null ? this.#inARow + 1 : 0;
    if (this.#inARow < this.#limit) return;
    this.why ??= `${this.#inARow} cells in a row did not complete; the last, ${id}: ${ending}`;
  }
}
