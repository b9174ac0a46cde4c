/** SIGKILL: the process ends between two instructions, and its kernel closes its connections. */
import type { Fault } from '@lab/contract';

import { awaitProcessState, signal, type FaultTarget } from './process-state.ts';

const isGone = (state: string | undefined): boolean => state === undefined || state === 'Z';

export function kill(target: FaultTarget): Fault {
  return {
    verb: 'kill',
    target: target.role,
    label: `kill ${target.role}`,
    async inject() {
      signal(target, 'SIGKILL');
      await awaitProcessState(target, 'gone', isGone);
      return `pid ${target.pid} is gone`;
    },
    // Its own end heals it: nothing of it is left, and another process may take the role.
    heal: () => Promise.resolve(),
    isHealed: () => awaitProcessState(target, 'gone', isGone).then(() => true),
  };
}
