/**
 * Whether the server had the capacity that the load's figures are in parts of. It shows only while there is a backlog: a
 * server that always has something to do serves mu. A load that never had one needs no such proof.
 */
import type { Gate } from '@lab/storm';

import { sumOf, type LoadEvidence } from './load-evidence.ts';

/** How far from mu the server may be, in parts of it. */
const allowed = 0.05;

/** Backlog in parts of mu T from which the server cannot run dry within a window. */
const saturatedFrom = 3;

/** @returns null when there were not three windows in a row in which the server had to be busy all the time */
export function capacityGate({ measured, setting }: LoadEvidence): Gate | null {
  const { columns, windowMs, triggerOnMs, triggerOffMs } = measured.series;
  const backlog = (saturatedFrom * setting.capacityPerS * setting.timeoutMs) / 1000;
  const busy = columns.depth.flatMap((depth, window) => {
    const startMs = window * windowMs;
    const before = columns.depth[window - 1] ?? 0;
    const struck =
      triggerOnMs !== null &&
      startMs + windowMs > triggerOnMs &&
      startMs < (triggerOffMs ?? Number.POSITIVE_INFINITY) + windowMs;
    return !struck && Math.min(before, depth) >= backlog ? [window] : [];
  });
  if (busy.length < 3) return null;
  const served = busy.reduce((sum, window) => sum + sumOf(columns.served, window, window), 0);
  const wanted = (busy.length * windowMs * setting.capacityPerS) / 1000;
  const share = served / wanted;
  // What is served in a busy time is a Poisson count: three of its standard deviations on top.
  const margin = Math.round((allowed + 3 / Math.sqrt(wanted)) * 100) / 100;
  return {
    name: 'capacity',
    rule: `served while there was a backlog, in parts of mu, off 1 by <= ${margin}`,
    value: Math.round((share - 1) * 1000) / 1000,
    passed: Math.abs(share - 1) <= margin,
  };
}
