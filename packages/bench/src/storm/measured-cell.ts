/** From the events of a load to a cell of the result: what was measured, beside what law and model say of the same setting. */
import type { HistoryEvent, LoadSetting } from '@lab/contract';
import { loadCounts } from '@lab/contract';
import {
  gatesOf,
  outcomeOf,
  predictByLaw,
  readLoad,
  saysTheSame,
  simulate,
  type Gate,
  type LoadSeries,
  type StormCell,
} from '@lab/storm';

import type { PlannedCell } from './plan.ts';

/** What the harness gives back of one load. */
export interface LoadRun {
  /** `completed`, or why it could not be. */
  readonly ending: string;
  readonly events: readonly HistoryEvent[];
}

/** @param before gates that were decided before it ran. @returns the cell; one that did not complete carries its predictions and why; nothing of it is counted. */
export function cellOf(
  planned: PlannedCell,
  setting: LoadSetting,
  { ending, events }: LoadRun,
  before: readonly Gate[],
): StormCell {
  const { id, study, block } = planned;
  const law = predictByLaw(setting);
  const base = { id, study, block, setting, law };
  if (ending !== 'completed') {
    const modelled = simulate(setting);
    return {
      ...base,
      measured: null,
      ending,
      gates: [...before],
      valid: false,
      model: outcomeOf(modelled.series, modelled.setting),
      agrees: null,
      trigger: { label: null, onMs: null, offMs: null, applied: null },
      windowMs: modelled.series.windowMs,
      series: {},
      timings: [],
      cpuPeak: null,
    };
  }
  const load = readLoad(events, setting);
  const measured = outcomeOf(load.series, load.setting);
  const modelled = simulate(asTriggered(setting, load.series));
  const model = outcomeOf(modelled.series, modelled.setting);
  const gates = [...before, ...gatesOf(load, measured)];
  const valid = allPassed(gates);
  return {
    ...base,
    measured,
    ending,
    gates,
    valid,
    model,
    agrees: valid ? saysTheSame(measured.verdict, model.verdict) : null,
    trigger: load.trigger,
    windowMs: load.series.windowMs,
    series: columnsThatCount(load.series),
    timings: [...load.timings],
    ...(setting.hops > 1 || setting.topology === 'layers'
      ? { attemptsByHop: [...load.attemptsByHop] }
      : {}),
    cpuPeak: load.cpuPeak,
  };
}

export function allPassed(gates: readonly Gate[]): boolean {
  return gates.every(({ passed }) => passed);
}

/** How long a broker takes to come back is not chosen but measured: the model is told what it was. */
function asTriggered(setting: LoadSetting, { triggerOnMs, triggerOffMs }: LoadSeries): LoadSetting {
  if (setting.trigger !== 'restart' || triggerOnMs === null || triggerOffMs === null) {
    return setting;
  }
  const endMs = setting.warmUpMs + setting.triggerMs + setting.observeMs;
  return {
    ...setting,
    warmUpMs: triggerOnMs,
    triggerMs: triggerOffMs - triggerOnMs,
    observeMs: Math.max(0, endMs - triggerOffMs),
  };
}

function columnsThatCount({ columns }: LoadSeries): StormCell['series'] {
  return Object.fromEntries(
    loadCounts
      .filter((name) => columns[name].some((value) => value !== 0))
      .map((name) => [name, [...columns[name]]]),
  );
}
