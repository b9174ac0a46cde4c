/** One load on real brokers, from nothing to its history; for benchmarks, which judge it themselves. */
import type { EventBody, HistoryEvent, LoadSetting } from '@lab/contract';

import { endingOf } from '../ending.ts';
import type { Laboratory } from '../laboratory.ts';
import { CellRecorder, merge, readCell } from '../recorder.ts';
import type { RunFolder } from '../run-folder.ts';
import { playLoad } from './play-load.ts';
import type { Place } from './start-line.ts';

export interface MeasureLoadOptions {
  /** Names the load's events, logs, vhost and links; unique within the run. */
  readonly id: string;
  readonly setting: LoadSetting;
  /** Where loads that run side by side begin together. */
  readonly place?: Place;
  /** Hears events as they happen: those of the load's programs, and the lab's own under the source `lab`. */
  readonly onEvent?: (event: EventBody, source: string) => void;
  /** Ends this one load; the laboratory's own signal ends all. */
  readonly signal?: AbortSignal;
}

export interface MeasuredEvents {
  /** `completed`, or `timed out: …`, `crashed: …`, `aborted`. */
  readonly ending: string;
  /** In the order of the one clock; `t` is ms since the load's first event. */
  readonly events: HistoryEvent[];
}

/** Never throws for what becomes of the load: that is its ending. */
export async function measureLoad(
  lab: Laboratory,
  folder: RunFolder,
  options: MeasureLoadOptions,
): Promise<MeasuredEvents> {
  const { id, setting, place, onEvent } = options;
  const signal =
    options.signal === undefined ? lab.signal : AbortSignal.any([lab.signal, options.signal]);
  let ending = 'completed';
  {
    using recorder = new CellRecorder(folder.eventsDir, id);
    if (onEvent !== undefined) recorder.listen(onEvent);
    try {
      await playLoad(lab, folder, {
        id,
        setting,
        recorder,
        signal,
        ...(place === undefined ? {} : { place }),
        ...(onEvent === undefined ? {} : { onEvent }),
      });
    } catch (error) {
      ending = endingOf(error, signal.aborted);
    }
    recorder.recordSources();
  }
  return { ending, events: [...merge(readCell(folder.eventsDir, id))] };
}
