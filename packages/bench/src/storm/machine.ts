/** The machine a benchmark ran on, as far as its figures depend on it. */
import { readFileSync } from 'node:fs';
import { arch, cpus, platform, release, totalmem } from 'node:os';

import type { StormResult } from '@lab/storm';

export function describeMachine(): StormResult['machine'] {
  return {
    cores: cpus().length,
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round((totalmem() / 2 ** 30) * 10) / 10,
    os: `${platform()} ${release()} ${arch()}`,
    loadAverage: loadAverage(),
  };
}

/** Over the last minute; null where the system does not say. */
function loadAverage(): number | null {
  try {
    const first = Number(readFileSync('/proc/loadavg', 'utf8').split(' ', 1)[0]);
    return Number.isFinite(first) ? first : null;
  } catch {
    return null; // not Linux
  }
}
