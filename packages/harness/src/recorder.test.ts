import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  CellRecorder,
  merge,
  readAllCells,
  readCell,
  readHistory,
  writeHistory,
} from './recorder.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lab-recorder-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

const line = (at: number, name: string): string =>
  `${JSON.stringify({ at, kind: 'phase', name })}\n`;

describe("a cell's history", () => {
  test('is merged by the one clock, whoever wrote it, and numbered from zero', () => {
    using recorder = new CellRecorder(dir, 'rabbitmq/control');
    writeFileSync(recorder.eventsFile('worker-1'), line(30, 'load') + line(50, 'observe'));
    writeFileSync(recorder.eventsFile('tap'), line(40, 'strike'));
    const history = merge(readCell(dir, 'rabbitmq/control'));
    expect(history).toMatchObject([
      { seq: 0, t: 0, cell: 'rabbitmq/control', source: 'worker-1', name: 'load' },
      { seq: 1, t: 10, source: 'tap', name: 'strike' },
      { seq: 2, t: 20, source: 'worker-1', name: 'observe' },
    ]);
  });

  test('keeps the order in which a process wrote events of the same instant', () => {
    using recorder = new CellRecorder(dir, 'c');
    writeFileSync(recorder.eventsFile('w'), line(5, 'load') + line(5, 'strike') + line(5, 'heal'));
    expect(merge(readCell(dir, 'c')).map((event) => 'name' in event && event.name)).toEqual([
      'load',
      'strike',
      'heal',
    ]);
  });

  test('tells when a load began on its own clock', () => {
    using recorder = new CellRecorder(dir, 'c');
    const window = { kind: 'load', queue: 'requests', window: 0, counts: { offered: 3 } };
    const load = `${JSON.stringify({ at: 2130, startedAt: 1120.5, ...window })}\n`;
    writeFileSync(recorder.eventsFile('client'), line(1000, 'load') + load);
    expect(merge(readCell(dir, 'c'))[1]).toMatchObject({ t: 1130, startedAt: 120.5 });
  });

  test('loses only the half line of a process that was killed while it wrote', () => {
    using recorder = new CellRecorder(dir, 'c');
    const file = recorder.eventsFile('worker-1');
    writeFileSync(file, line(1, 'load'));
    appendFileSync(file, '{"at":2,"kind":"pha');
    expect(readCell(dir, 'c')).toHaveLength(1);
  });

  test('refuses a line that is not an event, naming file and line', () => {
    using recorder = new CellRecorder(dir, 'c');
    writeFileSync(recorder.eventsFile('worker-1'), `${line(1, 'load')}{"at":2,"kind":"gossip"}\n`);
    expect(() => readCell(dir, 'c')).toThrow('worker-1.jsonl:2: not an event');
  });

  test('is heard by listeners at once, and on disk before the event loop turns', async () => {
    using recorder = new CellRecorder(dir, 'c');
    const heard: string[] = [];
    recorder.listen((event, source) => heard.push(`${source} ${event.kind}`));
    recorder.record('lab', { kind: 'phase', name: 'load' });
    expect(heard).toEqual(['lab phase']);
    await Promise.resolve();
    expect(readCell(dir, 'c')).toHaveLength(1);
  });
});

test("a run's cells are read together", () => {
  for (const cell of ['rabbitmq/control', 'rabbitmq/prevent/ack-lost']) {
    using recorder = new CellRecorder(dir, cell);
    recorder.record('lab', { kind: 'phase', name: 'done' });
  }
  expect(
    readAllCells(dir)
      .map(({ cell }) => cell)
      .toSorted(),
  ).toEqual(['rabbitmq/control', 'rabbitmq/prevent/ack-lost']);
});

test('a stored history reads back as it was written, and says where it was cut', () => {
  {
    using recorder = new CellRecorder(dir, 'c');
    recorder.record('lab', { kind: 'phase', name: 'load' });
    recorder.record('lab', { kind: 'phase', name: 'done' });
  }
  const history = merge(readCell(dir, 'c'));
  const file = join(dir, 'history.jsonl');
  writeHistory(file, history);
  expect(readHistory(file)).toEqual(history);
  writeHistory(file, history.slice(1));
  expect(() => readHistory(file)).toThrow('history.jsonl:1: expected an event with seq 0');
});
