import type { EventBody, Fault } from '@lab/contract';
import { beforeEach, describe, expect, test } from 'vitest';

import type { ProbedLink, RoundTrip } from './fault-probes.ts';
import { InjectedFaults } from './injected-faults.ts';

/** What was done and said, in its order. */
let course: string[];
let said: EventBody[];
beforeEach(() => {
  course = [];
  said = [];
});

function say(event: EventBody): void {
  said.push(event);
  if (event.kind === 'fault') course.push(`${event.id} ${event.phase}`);
  if (event.kind === 'probe') course.push(`${event.fault} ${event.during} ${event.outcome}`);
}

function faultOn(target: string, change: Partial<Fault> = {}): Fault {
  let there = false;
  return {
    verb: 'cut',
    target,
    label: `cut ${target}`,
    inject() {
      course.push('inject');
      there = true;
      return Promise.resolve('enabled=false');
    },
    heal() {
      course.push('heal');
      there = false;
      return Promise.resolve();
    },
    isHealed: () => Promise.resolve(!there),
    ...change,
  };
}

/** A link whose round trips end like this, one after another. */
function linkWith(...outcomes: readonly RoundTrip['outcome'][]): ProbedLink {
  const rest = outcomes.values();
  return {
    id: 'worker-1>redis',
    roundTrip: () => Promise.resolve({ outcome: rest.next().value ?? 'silent', tookMs: 1 }),
  };
}

const injected = (link?: ProbedLink): InjectedFaults =>
  new InjectedFaults({ say, link: (target) => (link?.id === target ? link : undefined) });

describe('a fault', () => {
  test('is on only after it was injected and read back, and off only after it was read back as gone', async () => {
    const faults = injected();
    const fault = faultOn('worker-1');
    await faults.inject(fault);
    expect(course).toEqual(['F1 requested', 'inject', 'F1 on']);
    expect(said.at(-1)).toMatchObject({ phase: 'on', applied: 'enabled=false' });
    await faults.heal(fault);
    await faults.heal(fault);
    expect(course.slice(3)).toEqual(['F1 healing', 'heal', 'F1 off']);
  });

  test('that could not be injected is never on', async () => {
    const faults = injected(linkWith('answered'));
    const refused = faultOn('worker-1>redis', { inject: () => Promise.reject(new Error('no')) });
    await expect(faults.inject(refused)).rejects.toThrow('no');
    expect(course).toEqual(['F1 requested']);
  });

  test('that cannot be healed is recorded as not healed', async () => {
    const faults = injected(linkWith('refused'));
    const stubborn = faultOn('worker-1>redis', { heal: () => Promise.reject(new Error('no')) });
    await faults.inject(stubborn);
    await expect(faults.heal(stubborn)).rejects.toThrow('no');
    expect(course.slice(3)).toEqual(['F1 on refused', 'F1 healing', 'F1 not-healed']);
  });

  test('that was never injected cannot be healed', async () => {
    await expect(injected().heal(faultOn('worker-1'))).rejects.toThrow('was never injected');
  });
});

describe('a fault on a link', () => {
  test('is probed while it is on, and when it is healed until the link answers', async () => {
    const faults = injected(linkWith('refused', 'ended', 'answered'));
    const fault = faultOn('worker-1>redis');
    await faults.inject(fault);
    await faults.heal(fault);
    expect(course).toEqual([
      'F1 requested',
      'inject',
      'F1 on',
      'F1 on refused',
      'F1 healing',
      'heal',
      'F1 off',
      'F1 healed answered',
    ]);
    expect(said.flatMap((event) => (event.kind === 'probe' ? [event.limitMs] : []))).toEqual([
      300, 2000,
    ]);
  });

  test('that only slows is measured before it too', async () => {
    const faults = injected(linkWith('answered', 'answered'));
    await faults.inject(faultOn('worker-1>redis', { verb: 'latency' }));
    expect(course.slice(0, 2)).toEqual(['F1 before answered', 'F1 requested']);
  });

  test('does not wait for its probe, and is not healed before that is over', async () => {
    const { promise, resolve } = Promise.withResolvers<RoundTrip>();
    const faults = injected({ id: 'worker-1>redis', roundTrip: () => promise });
    const fault = faultOn('worker-1>redis');
    await faults.inject(fault);
    const healed = faults.heal(fault);
    await new Promise(setImmediate);
    expect(course.at(-1)).toBe('F1 on');
    resolve({ outcome: 'answered', tookMs: 1 });
    await healed;
    expect(course.at(-1)).toBe('F1 healed answered');
  });

  test('goes on when its link cannot be asked', async () => {
    const faults = injected({
      id: 'worker-1>redis',
      roundTrip: () => Promise.reject(new Error('no socket')),
    });
    const fault = faultOn('worker-1>redis');
    await faults.inject(fault);
    await faults.heal(fault);
    expect(course.at(-1)).toBe('F1 off');
  });
});
