/** Ending processes for good: SIGKILL, then looking until they are gone. Their data are throw-away. */
import { until } from './condition.ts';
import type { MarkedProcess } from './processes.ts';
import { markedProcesses, signalProcess } from './processes.ts';

/**
 * Ends every marked process that fits, and what those start in the meantime.
 * @returns the processes that were ended.
 * @throws ConditionTimeout when one of them is still there after five seconds.
 */
export async function endMarkedProcesses(
  fits: (marked: MarkedProcess) => boolean,
): Promise<MarkedProcess[]> {
  const ended = new Map<string, MarkedProcess>();
  await until(
    { condition: 'the processes of the session are gone', limitMs: 5000, everyMs: 10 },
    () => {
      const left = markedProcesses().filter((marked) => marked.pid !== process.pid && fits(marked));
      for (const marked of left) {
        ended.set(`${marked.pid} ${marked.startTime}`, marked);
        signalProcess(marked, 'SIGKILL');
      }
      return left.length === 0 ? true : undefined;
    },
  );
  return [...ended.values()];
}
