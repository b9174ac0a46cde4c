import { openJournal, silentJournal } from '@lab/contract';
import { describe, expect, it } from 'vitest';

import { makeJobs } from './jobs.ts';
import { publishJobs, type Publisher, type PublishOutcome } from './publish-jobs.ts';

describe('publishJobs', () => {
  it('never has more in flight than the window, and uses all of it', async () => {
    const broker = new HandBroker();
    const publishing = publishJobs(makeJobs(10, 1), options(broker, { window: 3 }));
    const seen: number[] = [];
    for (let answered = 0; answered < 10; answered++) {
      seen.push(broker.inFlight);
      await broker.answer({ phase: 'ok' });
    }
    expect(await publishing).toEqual({ ok: 10, fail: 0, info: 0 });
    expect(seen).toEqual([3, 3, 3, 3, 3, 3, 3, 3, 2, 1]);
  });

  it('keeps fail and info apart', async () => {
    const broker = new HandBroker();
    const publishing = publishJobs(makeJobs(3, 1), options(broker, { window: 3 }));
    await broker.answer({ phase: 'fail', detail: 'nacked' });
    await broker.answer({ phase: 'info', detail: 'channel closed' });
    await broker.answer({ phase: 'ok' });
    expect(await publishing).toEqual({ ok: 1, fail: 1, info: 1 });
  });

  it('ends a publish without an answer as info at the time limit', async () => {
    const lines: string[] = [];
    const journal = openJournal((line) => void lines.push(line));
    const never = new HandBroker();
    const tally = await publishJobs(makeJobs(1, 1), {
      ...options(never, { timeoutMs: 5 }),
      journal,
    });
    expect(tally).toEqual({ ok: 0, fail: 0, info: 1 });
    expect(JSON.parse(lines[1] ?? '')).toMatchObject({
      op: 'publish',
      phase: 'info',
      key: 'job-0001',
      detail: 'no answer within 5 ms',
    });
  });

  it('frees the place in the window only when the outcome was dealt with', async () => {
    const broker = new HandBroker();
    const dealt = Promise.withResolvers<void>();
    const publishing = publishJobs(makeJobs(2, 1), {
      ...options(broker, { window: 1 }),
      onOutcome: () => dealt.promise,
    });
    await broker.answer({ phase: 'ok' });
    expect(broker.published).toBe(1);
    dealt.resolve();
    await turn();
    expect(broker.published).toBe(2);
    await broker.answer({ phase: 'ok' });
    expect((await publishing).ok).toBe(2);
  });

  it('takes no further job after an abort and waits for those in flight', async () => {
    const broker = new HandBroker();
    const stop = new AbortController();
    const publishing = publishJobs(makeJobs(5, 1), {
      ...options(broker, { window: 2 }),
      signal: stop.signal,
    });
    stop.abort();
    await broker.answer({ phase: 'ok' });
    await broker.answer({ phase: 'ok' });
    expect(await publishing).toEqual({ ok: 2, fail: 0, info: 0 });
  });
});

/** A publisher whose answers the test gives by hand, oldest first. */
class HandBroker implements Publisher {
  published = 0;
  readonly #pending: ((outcome: PublishOutcome) => void)[] = [];

  get inFlight(): number {
    return this.#pending.length;
  }

  publish(): Promise<PublishOutcome> {
    this.published++;
    return new Promise((resolve) => this.#pending.push(resolve));
  }

  async answer(outcome: PublishOutcome): Promise<void> {
    this.#pending.shift()?.(outcome);
    await turn();
  }

  async close(): Promise<void> {
    this.#pending.length = 0;
  }
}

/** Lets everything run that only waits for promises. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function options(publisher: Publisher, given: { window?: number; timeoutMs?: number }) {
  return { publisher, window: 1, timeoutMs: 10_000, journal: silentJournal, ...given };
}
