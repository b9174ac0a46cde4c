/**
 * Recovery of a load: not waiting until it is over, but shedding what nobody waits for while new jobs keep coming. The
 * shedder is run twice; the second run must find nothing to shed.
 */
import { loadQueues, monotonicMs, windowMsOf } from '@lab/contract';

import { repairsOf } from '../said.ts';
import type { LoadScene } from './load-scene.ts';
import type { WindowsCounted } from './play-load.ts';

/** A shedder waits for the queue to stay short; longer than this it is not going to. */
const shedLimitMs = 20_000;

/**
 * Begins once the load had `livenessLimitMs` after the heal to recover by itself.
 * @returns what a load's player does after the trigger
 */
export function recoverAfter(
  livenessLimitMs: number,
): (scene: LoadScene, windows: WindowsCounted) => Promise<void> {
  return async (scene, windows) => {
    const windowMs = windowMsOf(scene.setting);
    const healedMs = monotonicMs() - (windows.startedAt ?? monotonicMs());
    await scene.waits.bounded(
      `the client has counted the windows of ${livenessLimitMs} ms after the heal`,
      windows.counted(Math.ceil((healedMs + livenessLimitMs) / windowMs) - 1),
      livenessLimitMs + 10 * windowMs,
    );
    await recoverTwice(scene, windows);
  };
}

async function recoverTwice(scene: LoadScene, windows: WindowsCounted): Promise<void> {
  scene.record({ kind: 'phase', name: 'recover' });
  for (const round of [1, 2]) {
    const role = `shedder-${round}`;
    const shedder = await scene.spawn('shedder', role);
    const [exit, output] = await scene.waits.bounded(
      `shedder run ${round} ends`,
      Promise.all([shedder.exited, shedder.allOutput()]),
      shedLimitMs,
    );
    const repairs = repairsOf(role, output, exit.code);
    scene.record({ kind: 'recovery', round, exitCode: exit.code ?? -1, repairs });
    recordTakenOut(scene, windows, repairs);
  }
}

/** What was shed was neither delivered nor waits any more; without it the books of the queue would not balance. */
function recordTakenOut(scene: LoadScene, { startedAt }: WindowsCounted, shed: number): void {
  if (startedAt === null) return;
  const window = Math.floor((monotonicMs() - startedAt) / windowMsOf(scene.setting));
  const { requests: queue } = loadQueues;
  scene.record({ kind: 'load', queue, window, startedAt, counts: { dropped: shed } });
}
