/** Ending processes for good: SIGKILL, then looking until they are gone. Their data are throw-away. */
import { until } from './condition.ts';
import type { MarkedProcess, ProcessIdentity } from './processes.ts';
import { isAlive, markedProcesses, signalProcess } from './processes.ts';

export interface EndedProcess extends ProcessIdentity {
  readonly part?: string | undefined;
}

/**
 * Ends the known processes, every marked process that fits, and what those start in the meantime.
 * @param known processes that may have lost their marker, by overwriting their environment.
 * @returns the processes that were ended.
 * @throws ConditionTimeout when one of them is still there after five seconds.
 */
export async function endProcesses(
  known: readonly EndedProcess[],
  fits: (marked: MarkedProcess) => boolean,
): Promise<EndedProcess[]> {
  const ended = new Map<string, EndedProcess>();
  await until(
    { condition: 'the processes of the session are gone', limitMs: 5000, everyMs: 10 },
    () => {
      const left = markedProcesses().filter((marked) => marked.pid !== process.pid && fits(marked));
      for (const marked of left) {
        ended.set(`${marked.pid} ${marked.startTime}`, marked);
        signalProcess(marked, 'SIGKILL');
      }
      // One that is dying shows its marker no more, but may still hold its ports.
      const dying = [...ended.values()].some((marked) => isAlive(marked));
      return left.length === 0 && !dying ? true : undefined;
    },
  );
  return [...ended.values()];
}
