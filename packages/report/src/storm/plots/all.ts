/** The ten plots, in the order of the page. */
import { amplification } from './amplification.ts';
import { cost } from './cost.ts';
import { hysteresis } from './hysteresis.ts';
import { latency } from './latency.ts';
import type { PlotKind } from './plot-of.ts';
import { recovery } from './recovery.ts';
import { strip } from './strip.ts';
import { stuckByDuration } from './stuck-by-duration.ts';
import { thresholds } from './thresholds.ts';
import { timeSeries } from './time-series.ts';
import { vulnerabilityMap } from './vulnerability-map.ts';

export const plots: readonly PlotKind[] = [
  timeSeries,
  hysteresis,
  vulnerabilityMap,
  stuckByDuration,
  amplification,
  thresholds,
  recovery,
  cost,
  latency,
  strip,
];
