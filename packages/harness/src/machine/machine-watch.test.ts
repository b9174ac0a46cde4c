import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { EventBody } from '@lab/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { LinuxWatch } from './machine-watch.ts';

/** Stands for `/proc`: the watch reads there what the test says of a thread. */
let proc: string;
let now: number;
let stack: DisposableStack;
beforeEach(() => {
  stack = new DisposableStack();
  proc = mkdtempSync(join(tmpdir(), 'lab-machine-'));
  now = 1000;
});
afterEach(() => {
  stack[Symbol.dispose]();
  rmSync(proc, { recursive: true, force: true });
});

function thread(pid: number, tid: number, cpuMs: number, delayMs: number): void {
  const task = join(proc, String(pid), 'task', String(tid));
  mkdirSync(task, { recursive: true });
  writeFileSync(join(task, 'schedstat'), `${cpuMs * 1e6} ${delayMs * 1e6} 17\n`);
}

/** A cell's record, and what was written into it. */
class Cell {
  readonly written: EventBody[] = [];
  #hear: (event: EventBody, source: string) => void = () => undefined;
  record(_source: string, event: EventBody): void {
    this.written.push(event);
  }
  listen(hear: (event: EventBody, source: string) => void): () => void {
    this.#hear = hear;
    return () => undefined;
  }
  program(role: string, pid: number, phase: 'spawned' | 'exited'): void {
    this.#hear({ kind: 'process', role, phase, pid }, 'lab');
  }
}

function watching(servers: ReadonlyMap<string, readonly number[]> = new Map()): LinuxWatch {
  return new LinuxWatch({ servers, proc, now: () => now });
}

/** Ticks that come when they are due. */
function ticks(watch: LinuxWatch, count: number): void {
  for (let tick = 0; tick < count; tick += 1) {
    now += 50;
    watch.tick();
  }
}

test('what a program was ready to do and was not let do is a line of its cell, over all its threads', () => {
  const watch = stack.use(watching());
  const [cell, other] = [new Cell(), new Cell()];
  stack.use(watch.watch(cell));
  stack.use(watch.watch(other));
  thread(7, 7, 100, 10);
  thread(7, 8, 5, 0);
  cell.program('worker-1', 7, 'spawned');
  thread(7, 7, 130, 40);
  thread(7, 8, 6, 15.25);
  ticks(watch, 5);
  expect(cell.written).toEqual([
    { kind: 'machine', who: 'worker-1', overMs: 250, runDelayMs: 45.3, cpuMs: 31 },
  ]);
  expect(other.written).toEqual([]);
});

test('where nothing was withheld there is no line, however much it ran', () => {
  const watch = stack.use(watching());
  const cell = new Cell();
  stack.use(watch.watch(cell));
  thread(7, 7, 0, 0);
  cell.program('worker-1', 7, 'spawned');
  thread(7, 7, 240, 24);
  ticks(watch, 10);
  expect(cell.written).toEqual([]);
});

test('what a server lacked is a line in every cell', () => {
  thread(5, 5, 0, 0);
  thread(6, 6, 0, 0);
  const watch = stack.use(watching(new Map([['rabbitmq', [5, 6]]])));
  const cells = [new Cell(), new Cell()];
  for (const cell of cells) stack.use(watch.watch(cell));
  thread(5, 5, 0, 20);
  thread(6, 6, 0, 20);
  ticks(watch, 5);
  for (const { written } of cells) {
    expect(written).toMatchObject([{ who: 'rabbitmq', runDelayMs: 40 }]);
  }
});

test("a timer of the lab's own that came late is a line, with how late", () => {
  const watch = stack.use(watching());
  const cell = new Cell();
  stack.use(watch.watch(cell));
  ticks(watch, 2);
  now += 400;
  watch.tick();
  expect(cell.written).toMatchObject([{ who: 'lab', overMs: 500, lateMs: 350 }]);
});

test('a thread that began later counts from when it was found, a program that exited no more', () => {
  const watch = stack.use(watching());
  const cell = new Cell();
  stack.use(watch.watch(cell));
  thread(7, 7, 0, 0);
  cell.program('worker-1', 7, 'spawned');
  thread(7, 9, 0, 500);
  ticks(watch, 20);
  expect(cell.written).toEqual([]);
  thread(7, 9, 0, 600);
  ticks(watch, 5);
  expect(cell.written).toMatchObject([{ who: 'worker-1', runDelayMs: 100 }]);
  cell.program('worker-1', 7, 'exited');
  thread(7, 9, 0, 900);
  ticks(watch, 5);
  expect(cell.written).toHaveLength(1);
});
