/** A cell of the grid that is a load: played, and in the recover cell mended while the load goes on. */
import { askServers } from '@lab/brokers';
import type { EventBody, LifePhase } from '@lab/contract';

import type { CellPlan } from '../cell-plan.ts';
import { endingOf } from '../ending.ts';
import type { Laboratory } from '../laboratory.ts';
import { CellRecorder } from '../recorder.ts';
import type { RunFolder } from '../run-folder.ts';
import { serversOf } from '../servers-of.ts';
import { playLoad } from './play-load.ts';
import { recoverAfter } from './recover.ts';
import type { Place } from './start-line.ts';

export interface LoadCellOptions {
  readonly plan: CellPlan;
  /** Where loads that run side by side begin together. */
  readonly place?: Place;
  readonly onPhase?: (phase: LifePhase) => void;
  readonly onEvent?: (event: EventBody, source: string) => void;
}

/** @returns how it ended: `completed`, or what went wrong; all else is in the history. */
export async function runLoadCell(
  lab: Laboratory,
  folder: RunFolder,
  { plan: { spec }, place, onPhase, onEvent }: LoadCellOptions,
): Promise<string> {
  if (spec.load === undefined) throw new Error(`${spec.id} is not a load`);
  using recorder = new CellRecorder(folder.eventsDir, spec.id);
  if (onEvent !== undefined) recorder.listen(onEvent);
  recorder.record('lab', { kind: 'cell', phase: 'start', spec });
  let ending = 'completed';
  try {
    await playLoad(lab, folder, {
      id: spec.id,
      setting: spec.load,
      recorder,
      signal: lab.signal,
      ...(spec.role === 'recover' ? { afterTrigger: recoverAfter(spec.livenessLimitMs) } : {}),
      ...(place === undefined ? {} : { place }),
      ...(onPhase === undefined ? {} : { onPhase }),
      ...(onEvent === undefined ? {} : { onEvent }),
    });
  } catch (error) {
    ending = endingOf(error, lab.signal.aborted);
  }
  for (const answer of await askServers(lab.brokers, serversOf(spec))) {
    recorder.record('lab', { kind: 'server', ...answer });
  }
  recorder.record('lab', { kind: 'cell', phase: 'end', ending });
  recorder.recordSources();
  return ending;
}
