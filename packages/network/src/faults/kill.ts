/** SIGKILL: the process ends between two instructions, and its kernel closes its connections. */
import type { Fault } from '@lab/contract';

import { awaitProcessState, processState, signal, type FaultTarget } from './process-state.ts';

const isGone = (state: string | undefined): boolean => state === undefined || state === 'Z';

export function kill(target: FaultTarget): Fault {
  let injected = false;
  return {
    verb: 'kill',
    target: target.role,
    label: `kill ${target.role}`,
    async inject() {
      signal(target, 'SIGKILL');
      injected = true;
      await awaitProcessState(target, 'gone', isGone);
      return `pid ${target.pid} is gone`;
    },
    // Its own end heals it: nothing of it is left, and another process may take the role.
    heal: () => Promise.resolve(),
    isHealed: async () => !injected || isGone(await processState(target.pid)),
  };
}
