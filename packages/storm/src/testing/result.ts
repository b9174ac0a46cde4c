/** A result document of simulated cells: measured is one simulated load, the model another of the same setting. */
import type { LoadSetting } from '@lab/contract';

import { gatesOf } from '../gates.ts';
import { outcomeOf } from '../outcome.ts';
import { predictByLaw } from '../predict-by-law.ts';
import { readLoad } from '../read-series.ts';
import {
  saysTheSame,
  type LoadVerdict,
  type StormCell,
  type StormResult,
  type Study,
} from '../result.ts';
import { simulate } from '../simulate/simulate.ts';
import { reference } from '../simulate/testing/settings.ts';
import { historyOf } from './history.ts';

export interface CellChanges {
  readonly study: Study;
  readonly setting: Partial<LoadSetting>;
  /** What the cell is said to have come to, whatever the simulation came to. */
  readonly verdict?: LoadVerdict;
  readonly modelVerdict?: LoadVerdict;
}

/** A short load: a window of 1 s, 3 s of baseline, 9 s of watch. Much that matters takes no longer. */
export const short: LoadSetting = {
  ...reference,
  warmUpMs: 4500,
  triggerMs: 2000,
  observeMs: 9000,
};

/** A counted cell. Its block is its seed. */
export function stormCell({ study, setting, verdict, modelVerdict }: CellChanges): StormCell {
  const whole = { ...short, ...setting };
  const load = readLoad(historyOf(whole), whole);
  const seen = outcomeOf(load.series, load.setting);
  const measured = verdict === undefined ? seen : { ...seen, verdict };
  const simulated = simulate(whole);
  const modelled = outcomeOf(simulated.series, simulated.setting);
  const model = modelVerdict === undefined ? modelled : { ...modelled, verdict: modelVerdict };
  return {
    id: `${study}/${JSON.stringify(setting)}`,
    study,
    block: whole.seed,
    setting: whole,
    measured,
    ending: 'completed',
    gates: [...gatesOf(load, measured)],
    valid: true,
    law: predictByLaw(whole),
    model,
    agrees: saysTheSame(measured.verdict, model.verdict),
    trigger: load.trigger,
    windowMs: load.series.windowMs,
    series: Object.fromEntries(
      Object.entries(load.series.columns).map(([count, column]) => [count, [...column]]),
    ),
    timings: [...load.timings],
    cpuPeak: load.cpuPeak,
  };
}

export function stormResult(cells: readonly StormCell[]): StormResult {
  return {
    schema: 'storm-result/2',
    command: 'fm bench storm',
    profile: 'fast',
    startedAt: '2026-01-01T00:00:00.000Z',
    tookMs: 1000,
    commit: '0000000',
    machine: { cores: 2, processor: 'any', memoryGiB: 4, os: 'any', loadAverage: 0.5 },
    versions: { rabbitmq: '3.10.8' },
    runtime: 'local',
    conditions: { queue: 'classic' },
    seeds: [...new Set(cells.map(({ block }) => block))],
    sideBySide: 8,
    calibrations: [],
    policies: [],
    cells: [...cells],
    interrupted: false,
    planned: cells.length,
  };
}
