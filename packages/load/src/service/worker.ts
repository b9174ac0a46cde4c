/** The last hop: works on so many requests at a time, in the order that the policy wants. */
import type { LoadSetting } from '@lab/contract';
import { policyNamed, type ServerRules } from '@lab/retry';

import type { Handler, HandlerOptions, InHand } from './handler.ts';
import { Slots } from './slots.ts';
import { firstInFirstOut } from './waiting.ts';
import { openWork } from './work.ts';

/** The broker hands out at most this many at a time. */
const mostPrefetch = 65_535;

/** @throws UnreachableError, EnvironmentError */
export async function openWorker(options: HandlerOptions): Promise<Handler> {
  const { environment, log, counts, onTakenUp } = options;
  const setting = environment.LOAD;
  const rules = policyNamed(setting.policy).server?.(setting) ?? firstInFirstOut;
  const work = await openWork(environment, log);
  const slots = new Slots<InHand>({
    slots: setting.slots,
    rules,
    work: async (request, fromMs) => {
      onTakenUp(request, Math.max(fromMs, request.sentAt));
      const { outcome, endedAt } = await work(request, fromMs);
      counts.add('served');
      request.answer({ outcome });
      return endedAt;
    },
    drop: (request) => {
      counts.add('expired');
      request.drop();
    },
  });
  return {
    prefetch: prefetchOf(setting, rules),
    handle: (request, nowMs) => slots.arrive(request, nowMs),
    lost: () => slots.clear(),
    close: async () => undefined,
  };
}

/** Enough that a slot's next request is there when it is free: the way to the broker and back is not capacity. */
function prefetchOf({ slots }: LoadSetting, { order, buffer }: ServerRules): number {
  const ahead = order === 'fifo' ? Math.ceil(slots / 2) : buffer;
  return Math.min(slots + Math.max(1, ahead), mostPrefetch);
}
