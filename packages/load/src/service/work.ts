/** What the last server does for a request, and how long it takes. */
import { required, type LoadSetting } from '@lab/contract';
import {
  failsAtRandom,
  serviceMsOf,
  type LoadEnvironment,
  type RequestMessage,
} from '@lab/workload';
import type { Logger } from 'pino';

import { Wakeups } from '../wakeups.ts';

interface Done {
  readonly outcome: 'ok' | 'error';
  /** When the work was meant to have ended, ms on the monotonic clock. */
  readonly endedAt: number;
}

/** Begins at `fromMs`; never rejects. */
export type Work = (request: RequestMessage, fromMs: number) => Promise<Done>;

/** @throws UnreachableError, EnvironmentError */
export async function openWork(environment: LoadEnvironment, log: Logger): Promise<Work> {
  if (environment.LOAD.topology !== 'layers') return sleeping(environment.LOAD);
  const { storing } = await import('./store.ts');
  return storing({
    url: required('REDIS_URL', environment.REDIS_URL),
    prefix: required('KEY_PREFIX', environment.KEY_PREFIX),
    setting: environment.LOAD,
    log,
  });
}

/** Takes its time and none of the processor. */
function sleeping(setting: LoadSetting): Work {
  const wakeups = new Wakeups();
  return async ({ job, attempt }, fromMs) => {
    const endedAt = fromMs + serviceMsOf(setting, job, attempt);
    await wakeups.at(endedAt);
    return { outcome: failsAtRandom(setting, job, attempt) ? 'error' : 'ok', endedAt };
  };
}
