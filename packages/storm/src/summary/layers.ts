/** Hops in a row that each try again: attempts at the last one beside attempts ^ hops. */
import type { StormResult } from '../result.ts';
import { sumOver, type Span } from '../windows.ts';
import { groupsOf, spreadOf, troubledCells, type CountedCell, type Spread } from './counted.ts';

export interface LayersRow {
  readonly policy: string;
  readonly hops: number;
  readonly attempts: number;
  /** attempts ^ hops. */
  readonly predicted: number;
  /** Attempts at the last hop a job, while the outage lasted; of each seed, then the middle. */
  readonly measured: Spread | null;
  /** The same by the prediction. */
  readonly byPredicted: Spread | null;
  /** Attempts seen at each hop over the whole load, first to last, all seeds together. */
  readonly attemptsByHop: readonly number[];
}

export function layersRows(result: StormResult): LayersRow[] {
  return groupsOf(
    troubledCells(result, 'layers'),
    ({ setting }) => `${setting.policy} ${setting.hops}`,
  )
    .map(rowOf)
    .toSorted((a, b) => a.hops - b.hops);
}

function rowOf(group: readonly CountedCell[]): LayersRow {
  const [first] = group;
  if (first === undefined) throw new Error('a row without cells');
  const { policy, hops, attempts } = first.setting;
  const predicted = policy === 'none' ? 1 : attempts ** hops;
  const measured = group.flatMap((cell) => attemptsAJob(cell) ?? []);
  return {
    policy,
    hops,
    attempts,
    predicted,
    measured: spreadOf(measured),
    byPredicted: spreadOf(measured.map((value) => value / predicted)),
    attemptsByHop: Array.from({ length: hops }, (_, hop) =>
      group.reduce((sum, { attemptsByHop }) => sum + (attemptsByHop?.[hop] ?? 0), 0),
    ),
  };
}

/**
 * Attempts at the last hop by jobs, in the windows that lie wholly within the outage, without the first of them. A job
 * that is under way at a border has made some of its attempts on the other side: jobs are counted as the mean of those
 * that began and those that ended, which gives each border case half a job.
 * @returns null where the outage has no such window
 */
function attemptsAJob(cell: CountedCell): number | null {
  const { trigger, series, windowMs } = cell;
  if (trigger.onMs === null || trigger.offMs === null) return null;
  const span: Span = {
    from: Math.ceil(trigger.onMs / windowMs) + 1,
    to: Math.floor(trigger.offMs / windowMs),
  };
  const sum = (name: 'reached' | 'offered' | 'succeeded' | 'failed'): number =>
    sumOver(series[name] ?? [], span);
  const jobs = (sum('offered') + sum('succeeded') + sum('failed')) / 2;
  return span.to <= span.from || jobs === 0 ? null : sum('reached') / jobs;
}
