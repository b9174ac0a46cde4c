import { openJournal } from '@lab/contract';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';

import { createHandler, type Delivery } from './attempt.ts';
import type { Guard } from './guards/guard.ts';

describe('an attempt', () => {
  it('is done when the guard says what became of the effect', async () => {
    const { disposition, events } = await attempt({ guard: async () => 'duplicate' });
    expect(disposition).toEqual({ kind: 'done', outcome: 'duplicate' });
    expect(events).toEqual(['attempt invoke', 'effect ok duplicate']);
  });

  it('hands the guard the job as a fresh ledger entry, and the marks of the delivery', async () => {
    const seen: unknown[] = [];
    const guard: Guard = async (effect, marks) => {
      seen.push(effect, marks.redelivered);
      return 'applied';
    };
    await attempt({ guard, delivery: { redelivered: true } });
    const entry = { key: 'job-0001', kind: 'effect', amount: 5, by: 'worker-1' };
    expect(seen).toMatchObject([entry, true]);
  });

  it('is to be retried when the store refused: a definite failure', async () => {
    const refused = Object.assign(new Error('WRONGTYPE'), { name: 'ReplyError' });
    const { disposition, events } = await attempt({ guard: () => Promise.reject(refused) });
    expect(disposition.kind).toBe('retry');
    expect(events[1]).toMatch(/^effect fail/);
  });

  it('is given back when nobody knows whether the effect happened, never failed', async () => {
    const { disposition, events } = await attempt({
      guard: () => Promise.reject(new Error('Connection is closed.')),
    });
    expect(disposition.kind).toBe('give back');
    expect(events[1]).toMatch(/^effect info/);
  });

  it('is given back with a definite failure when the store is away before the effect', async () => {
    const { disposition, events } = await attempt({
      storeReady: () => Promise.reject(new Error('away')),
    });
    expect(disposition.kind).toBe('give back');
    expect(events[1]).toBe('effect fail Error: away');
  });

  it.for([
    ['no JSON', { body: '{' }],
    ['no job', { body: '{"key":"job-0001"}' }],
    ['another job than its message id says', { messageId: 'job-0002' }],
  ] as const)('is rejected when the message is %s', async ([, delivery]) => {
    const { disposition, events } = await attempt({ delivery });
    expect(disposition.kind).toBe('reject');
    expect(events).toEqual([expect.stringMatching(/^attempt fail/)]);
  });
});

async function attempt(given: {
  guard?: Guard;
  storeReady?: () => Promise<void>;
  delivery?: Partial<Delivery>;
}) {
  const events: string[] = [];
  const journal = openJournal((line) => {
    const { op, phase, detail } = JSON.parse(line) as Record<string, string>; // our own line
    events.push([op, phase, detail].filter(Boolean).join(' '));
  });
  const handle = createHandler({
    role: 'worker-1',
    guard: given.guard ?? (async () => 'applied'),
    storeReady: given.storeReady ?? (async () => undefined),
    journal,
    log: pino({ level: 'silent' }),
  });
  const { subject, disposition } = await handle({
    body: '{"key":"job-0001","correlationId":"flow","causationId":"order","amount":5}',
    messageId: 'job-0001',
    redelivered: false,
    attempt: 1,
    ...given.delivery,
  });
  return { subject, disposition, events };
}
