import { scaledMs } from '../parts/scale.ts';
import { whereCallersRetry } from '../parts/topologies.ts';
import type { Caller, Policy, PolicySetting } from '../policy.ts';

const failureShare = 0.5;
const outcomesMin = 10;
/** Outcomes looked back on. Counted, not timed, so that it does not matter how much traffic a caller has. */
const outcomesKept = 20;
const openMs = 5000;

/** Refuses jobs, not only retries: while it is open the server is left alone. */
export const circuitBreaker: Policy = {
  name: 'circuit-breaker',
  title: 'circuit breaker',
  family: 'breaker',
  summary: 'Opens for 5 s when half of the last 10 to 20 attempts failed, then lets one job try.',
  source: 'resilience4j, count-based window; 50 % of at least 10, half-open with one trial',
  topologies: whereCallersRetry,
  facts: (setting) => ({
    attempts: setting.attempts,
    // While attempts fail it is open but for one trial at a time.
    aMax: 1,
    beta: null,
    reserve: null,
    parameters: {
      attempts: setting.attempts,
      failureShare,
      outcomesMin,
      outcomesKept,
      openMs: scaledMs(setting, openMs),
      trials: 1,
    },
  }),
  caller: breaker,
};

/**
 *   closed --half of the last attempts failed--> open --5 s--> half-open --trial succeeded--> closed
 *                                                 ^               |
 *                                                 +--trial failed-+
 *
 * What ends while it is open was sent before and says nothing new; it is open far longer than an attempt can last.
 */
function breaker(setting: PolicySetting): Caller {
  let outcomes: boolean[] = [];
  let state: 'closed' | 'open' | 'half-open' = 'closed';
  let openUntil = 0;

  const open = (nowMs: number): void => {
    state = 'open';
    openUntil = nowMs + scaledMs(setting, openMs);
  };
  const note = (failed: boolean): void => {
    outcomes.push(failed);
    if (outcomes.length > outcomesKept) outcomes.shift();
  };
  const tooManyFailed = (): boolean =>
    outcomes.length >= outcomesMin &&
    outcomes.filter(Boolean).length >= failureShare * outcomes.length;

  return {
    begin(nowMs) {
      if (state === 'closed') return true;
      if (state === 'half-open' || nowMs < openUntil) return false;
      state = 'half-open';
      return true;
    },
    failed(nowMs, { attempt }) {
      if (state === 'half-open') open(nowMs);
      if (state === 'open') return null;
      note(true);
      if (tooManyFailed()) {
        open(nowMs);
        return null;
      }
      return attempt < setting.attempts ? 0 : null;
    },
    succeeded() {
      if (state === 'open') return;
      if (state === 'half-open') {
        state = 'closed';
        outcomes = [];
      }
      note(false);
    },
  };
}
