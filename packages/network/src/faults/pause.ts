/** SIGSTOP: the process stands still with its connections open, as in a long collection or a VM's move. */
import type { Fault } from '@lab/contract';

import { awaitProcessState, processState, signal, type FaultTarget } from './process-state.ts';

export function pause(target: FaultTarget): Fault {
  return {
    verb: 'pause',
    target: target.role,
    label: `pause ${target.role}`,
    async inject() {
      signal(target, 'SIGSTOP');
      const state = await awaitProcessState(target, 'stopped', (found) => found === 'T');
      return `state ${state} of pid ${target.pid}`;
    },
    async heal() {
      if ((await processState(target.pid)) !== 'T') return;
      signal(target, 'SIGCONT');
      await awaitProcessState(target, 'running again', (found) => found !== 'T');
    },
    isHealed: async () => (await processState(target.pid)) !== 'T',
  };
}
