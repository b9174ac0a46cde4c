/** A hop before the last: calls the next queue by the policy and passes on what came of it. It has no capacity of its own. */
import { required } from '@lab/contract';

import { Callers } from '../callers.ts';
import { openRequester } from '../requester.ts';
import type { Handler, HandlerOptions, InHand } from './handler.ts';

/** Waiting for another's answer costs nothing: so many that it never is what is full. */
const prefetch = 10_000;

/** @throws UnreachableError, EnvironmentError */
export async function openRelay(options: HandlerOptions): Promise<Handler> {
  const { environment, journal, log, counts, onTakenUp } = options;
  const setting = environment.LOAD;
  const hop = environment.HOP;
  const requester = await openRequester({
    url: required('RABBITMQ_URL', environment.RABBITMQ_URL),
    setting,
    hop: hop + 1,
    journal,
    log,
  });
  const callers = new Callers({ setting, requester, name: `caller-${hop}` });

  const relay = (request: InHand): void => {
    const { job, attempt, dueAt } = request;
    const attemptsBefore = (attempt - 1) * setting.attempts;
    callers.begin({ job, dueAt, attemptsBefore }, (end) => {
      counts.add('served');
      request.answer({ outcome: end === 'succeeded' ? 'ok' : 'error' });
    });
  };

  return {
    prefetch,
    handle(request, nowMs) {
      requester.start(request.startedAt);
      onTakenUp(request, nowMs);
      relay(request);
    },
    lost: () => undefined,
    async close() {
      callers.stop();
      await requester.close();
    },
  };
}
