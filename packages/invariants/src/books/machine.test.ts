import type { EventBody } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import type { CellScript } from '../history-script.ts';
import { cellOf, observed } from '../scripted-cells.ts';
import { judgeChanged } from './tampering.ts';

type Machine = Omit<Extract<EventBody, { kind: 'machine' }>, 'kind'>;

/** BullMQ, a lease of 1000 ms: worker-1 is given an unstruck job, loses it after `heldMs`, and worker-2 does it. */
function leaseLost(machine: readonly Machine[], heldMs = 1100): CellScript {
  const cell = cellOf({ transport: 'bullmq', role: 'control', guard: 'none' }, (script, key) => {
    script.publish(key).deliver('worker-1', key);
    script.wait(heldMs);
    for (const line of machine) script.record('lab', { kind: 'machine', ...line });
    script.deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
    return script.settle('worker-1', key); // late, and the server would have it
  });
  return observed(cell);
}

const verdictOn = (script: CellScript) => {
  const { conclusion, disturbed, breaches } = judgeChanged(script);
  return { conclusion, disturbed, books: [...new Set(breaches.map(({ book }) => book))] };
};
const excused = { conclusion: 'inconclusive', disturbed: true, books: ['machine'] };
const accused = { conclusion: 'contrary', disturbed: false, books: ['surprise'] };

describe('a lease that ran out with no fault near', () => {
  test('is contrary without a recorded cause', () => {
    expect(verdictOn(leaseLost([]))).toEqual(accused);
  });

  test("is the machine's when the lab's own timer was late by half the lease within the window", () => {
    expect(verdictOn(leaseLost([{ who: 'lab', overMs: 700, lateMs: 500 }]))).toEqual(excused);
    expect(verdictOn(leaseLost([{ who: 'lab', overMs: 700, lateMs: 499 }]))).toEqual(accused);
  });

  test('counts a lateness that began before the window and ended in it, and none that was over before', () => {
    const early = (t: number): CellScript => {
      const cell = cellOf({ transport: 'bullmq' }, (script, key) => {
        script.publish(key).wait(t);
        script.record('lab', { kind: 'machine', who: 'lab', overMs: 5000, lateMs: 900 });
        script.wait(1).deliver('worker-1', key).wait(1100);
        script.deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
        return script.settle('worker-1', key);
      });
      return observed(cell);
    };
    expect(verdictOn(early(1))).toEqual(accused);
    expect(verdictOn(leaseLost([{ who: 'lab', overMs: 5000, lateMs: 900 }]))).toEqual(excused);
  });

  test("is the machine's when program, lab, carrier and store were kept waiting, together by the slack", () => {
    const waiting = (...runDelayMs: readonly [number, number, number, number]): Machine[] =>
      ['worker-1', 'lab', 'toxiproxy', 'redis'].map((who, index) => ({
        who,
        overMs: 250,
        runDelayMs: runDelayMs[index] ?? 0,
        cpuMs: 10,
      }));
    expect(verdictOn(leaseLost(waiting(125, 125, 125, 125)))).toEqual(excused);
    expect(verdictOn(leaseLost(waiting(125, 125, 125, 124)))).toEqual(accused);
    const others = waiting(0, 0, 0, 0).map((line) => ({
      ...line,
      who: 'producer',
      runDelayMs: 900,
    }));
    expect(verdictOn(leaseLost(others))).toEqual(accused);
  });

  test('is never excused of a program that blocks its loop: the CPU time is its own', () => {
    const blocked: Machine = { who: 'worker-1', overMs: 1000, runDelayMs: 900, cpuMs: 500 };
    expect(verdictOn(leaseLost([blocked]))).toEqual(accused);
    expect(verdictOn(leaseLost([{ ...blocked, cpuMs: 499 }]))).toEqual(excused);
  });

  test('is never excused of a program that sleeps synchronously: nothing was withheld from it', () => {
    expect(verdictOn(leaseLost([{ who: 'worker-1', overMs: 2000, cpuMs: 1 }], 2000))).toEqual(
      accused,
    );
  });

  test('is never excused of one that sent nothing by what kept the others waiting', () => {
    const asleep = (lateMs: number): CellScript => {
      const cell = cellOf({ transport: 'bullmq' }, (script, key) => {
        script.publish(key).deliver('worker-1', key).wait(1100);
        for (const who of ['lab', 'toxiproxy', 'redis']) {
          script.record('lab', { kind: 'machine', who, overMs: 250, runDelayMs: 400, cpuMs: 10 });
        }
        script.deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
        return script.wait(lateMs).settle('worker-1', key);
      });
      return observed(cell);
    };
    expect(verdictOn(asleep(900))).toEqual(accused);
    expect(verdictOn(asleep(0))).toEqual(excused);
  });

  test('has its window from the last renewal, not from the delivery', () => {
    const cell = cellOf({ transport: 'bullmq' }, (script, key) => {
      script.publish(key).deliver('worker-1', key).wait(400);
      script.record('lab', { kind: 'machine', who: 'lab', overMs: 300, lateMs: 900 });
      script.wait(400).wire('worker-1', 'renew', key).wait(1100);
      script.deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
      return script.settle('worker-1', key);
    });
    expect(verdictOn(observed(cell))).toEqual(accused);
  });

  test('is no lease that ran out when it was taken at once', () => {
    expect(verdictOn(leaseLost([{ who: 'lab', overMs: 700, lateMs: 900 }], 100))).toEqual(accused);
  });
});

describe('a connection that closed with no fault near', () => {
  const closed = (machine: readonly Machine[]): CellScript =>
    observed(
      cellOf({}, (script, key) => {
        script.publish(key).deliver('worker-1', key).reconnect('worker-1', 'rabbitmq');
        for (const line of machine) script.record('lab', { kind: 'machine', ...line });
        return script
          .deliver('worker-2', key, true)
          .effect('worker-2', key)
          .settle('worker-2', key);
      }),
    );

  test("is the machine's with a recorded cause, and contrary without one", () => {
    expect(verdictOn(closed([]))).toEqual(accused);
    expect(verdictOn(closed([{ who: 'lab', overMs: 1200, lateMs: 1000 }]))).toEqual(excused);
    expect(verdictOn(closed([{ who: 'lab', overMs: 1200, lateMs: 999 }]))).toEqual(accused);
  });

  test('is never excused of a worker that gave the job back itself, whatever ends later', () => {
    const givenBack = (until: number): CellScript =>
      observed(
        cellOf({}, (script, key) => {
          script.publish(key).deliver('worker-1', key).wire('worker-1', 'requeue', key);
          script.record('lab', { kind: 'machine', who: 'lab', overMs: 1200, lateMs: 1000 });
          script.deliver('worker-2', key, true).wait(until).reconnect('worker-1', 'rabbitmq');
          return script.effect('worker-2', key).settle('worker-2', key);
        }),
      );
    expect(verdictOn(givenBack(10))).toEqual(accused);
    expect(verdictOn(givenBack(5000))).toEqual(accused);
  });
});
