/**
 * Recovery of a load: not waiting until it is over, but shedding what nobody waits for while new jobs keep coming. The
 * shedder is run twice; the second run must find nothing to shed.
 */
import { windowMsOf } from '@lab/contract';

import { repairsSaidBy } from '../said.ts';
import type { LoadScene } from './load-scene.ts';
import type { WindowsCounted } from './play-load.ts';

/** A shedder waits for the queue to stay short; longer than this it is not going to. */
const shedLimitMs = 20_000;

/** Begins when half of the watch has shown that the load does not recover by itself. */
export async function recoverWhileItLasts(
  scene: LoadScene,
  windows: WindowsCounted,
): Promise<void> {
  const { warmUpMs, triggerMs, observeMs } = scene.setting;
  const halfWatched = Math.floor(
    (warmUpMs + triggerMs + observeMs / 2) / windowMsOf(scene.setting),
  );
  await scene.waits.bounded(
    'the client has counted half of the watch',
    windows.counted(halfWatched - 1),
    triggerMs + observeMs,
  );
  scene.record({ kind: 'phase', name: 'recover' });
  for (const round of [1, 2]) {
    const shedder = await scene.spawn('shedder', `shedder-${round}`);
    const exit = await scene.waits.bounded(
      `shedder run ${round} ends`,
      shedder.exited,
      shedLimitMs,
    );
    const repairs = repairsSaidBy(shedder.output);
    scene.record({ kind: 'recovery', round, exitCode: exit.code ?? -1, repairs });
  }
}
