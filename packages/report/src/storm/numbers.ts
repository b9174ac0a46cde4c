/** Numbers and names as people read them; the same in page and terminal, without locale. */
import type { LoadSetting, LoadTrigger } from '@lab/contract';
import { median } from '@lab/statistics';
import { muTOf, rhoOf, type StuckCount, type LoadVerdict, type StormResult } from '@lab/storm';

import { listed } from '../text.ts';

/** `0.70`, `4.05`. */
export function two(value: number): string {
  return value.toFixed(2);
}

/** A ratio without needless digits: `0.7`, `0.25`, `1.071`. */
export function plainNumber(value: number): string {
  return String(Number(value.toFixed(3)));
}

/** `72 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}

/** `8.2 s`. */
export function seconds(ms: number): string {
  const digits = ms < 9950 ? 1 : 0;
  return `${(ms / 1000).toFixed(digits).replace(/\.0$/, '')} s`;
}

/** `10/10`; `4/10, 5 undecided`. */
export function ofAll(count: StuckCount): string {
  const { undecided } = count;
  return undecided === 0 ? shortOfAll(count) : `${shortOfAll(count)}, ${undecided} undecided`;
}

/** `10/10`; `4/10 5?` where five are undecided. */
export function shortOfAll({ stuck, n, undecided }: StuckCount): string {
  return undecided === 0 ? `${stuck}/${n}` : `${stuck}/${n} ${undecided}?`;
}

/** `72 to 100 %`: what the seeds seen say about those not seen. */
export function interval({ low, high }: { readonly low: number; readonly high: number }): string {
  return `${Math.round(100 * low)} to ${Math.round(100 * high)} %`;
}

export const verdictWords: Readonly<Record<LoadVerdict, string>> = {
  stuck: 'stayed stuck',
  recovered: 'recovered',
  draining: 'draining',
  undecided: 'undecided',
};

export const triggerWords: Readonly<Record<LoadTrigger, string>> = {
  none: 'no trigger',
  stall: 'server stalled',
  blackhole: 'black hole',
  latency: 'added latency',
  spike: 'load spike',
  restart: 'broker restart',
  outage: 'store outage',
};

export const topologyWords: Readonly<Record<LoadSetting['topology'], string>> = {
  rpc: 'request and reply',
  'in-slot': 'job queue, retry inside the slot',
  're-enqueue': 'job queue, retry by giving back',
  lease: 'job queue, retry when the lease ends',
  layers: 'layers, each of which retries',
};

/** `rho 0.7, a stall of 4 s (8 T)`. */
export function loadWords(setting: LoadSetting): string {
  const load = `rho ${plainNumber(rhoOf(setting))}`;
  return setting.trigger === 'none' ? load : `${load}, ${troubleWords(setting)}`;
}

/** `a stall of 4 s`. */
export function troubleWords({ trigger, triggerMs, spikeFactor }: LoadSetting): string {
  const long = `of ${seconds(triggerMs)}`;
  switch (trigger) {
    case 'none':
      return 'no trigger';
    case 'stall':
      return `a stall ${long}`;
    case 'blackhole':
      return `a black hole ${long}`;
    case 'latency':
      return `added latency ${long}`;
    case 'spike':
      return `a spike to ${plainNumber(spikeFactor)} times the load ${long}`;
    case 'restart':
      return 'a restart of the broker';
    case 'outage':
      return `an outage of the store ${long}`;
  }
}

/** mu, T, lambda and the watch, with the dimensionless numbers beside. */
export function settingWords(setting: LoadSetting): string {
  const { capacityPerS, offeredPerS, timeoutMs, slots, serviceMs, triggerMs } = setting;
  return listed([
    `mu ${Math.round(capacityPerS)}/s (${slots} slots of ${plainNumber(serviceMs)} ms)`,
    `lambda ${Math.round(offeredPerS)}/s (rho ${plainNumber(rhoOf(setting))})`,
    `T ${plainNumber(timeoutMs)} ms (mu T = ${Math.round(muTOf(setting))})`,
    `D ${seconds(triggerMs)} (${plainNumber(triggerMs / timeoutMs)} T)`,
    `watched ${watchWords(setting)}`,
  ]);
}

/** `13 s`, `13 to 100 s`. */
function watchWords({ observeMs, watchLimitMs }: LoadSetting): string {
  if (watchLimitMs === null) return seconds(observeMs);
  return `${seconds(observeMs)}, and up to ${seconds(watchLimitMs)} where that did not tell`;
}

/** The title of a policy, or its name where the result has none. */
export function policyTitle({ policies }: Pick<StormResult, 'policies'>, name: string): string {
  return policies.find((policy) => policy.name === name)?.title ?? name;
}

/** `a, b, c and 4 others`; one alone is named rather than counted. */
export function someOf(items: readonly string[], most: number): string {
  if (items.length <= most + 1) return listed(items);
  return listed([...items.slice(0, most), `${items.length - most} others`]);
}

/** Null of an empty sample. */
export function middle(sample: readonly number[]): number | null {
  return sample.length === 0 ? null : median(sample);
}

/** `3.98`, `0.31 to 7.94`: from the least to the most. */
export function spanOf(values: readonly number[], words: (value: number) => string): string {
  const [low, high] = [words(Math.min(...values)), words(Math.max(...values))];
  return low === high ? low : `${low} to ${high}`;
}

/** How long a run took: `42 s`, `20 min 34 s`. */
export function tookWords(ms: number): string {
  const whole = Math.round(ms / 1000);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
