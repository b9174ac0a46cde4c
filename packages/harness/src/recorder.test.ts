import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import {
  CellRecorder,
  DamagedHistory,
  merge,
  readAllCells,
  readCell,
  readHistory,
  recordRunSources,
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

describe('the books of a cell', () => {
  /** Two lines of the lab, one of the tap, one and a half of a worker that was killed; then closed. */
  function closedCell(): CellRecorder {
    const recorder = new CellRecorder(dir, 'c');
    recorder.record('lab', { kind: 'phase', name: 'load' });
    recorder.record('tap', { kind: 'phase', name: 'strike' });
    recorder.record('lab', { kind: 'phase', name: 'done' });
    writeFileSync(recorder.eventsFile('worker-1'), `${line(1, 'load')}{"at":2,"ki`);
    recorder.recordSources();
    return recorder;
  }
  const records = () =>
    merge(readCell(dir, 'c')).flatMap((event) => (event.kind === 'record' ? [event] : []));

  test("are closed with a count of every source's whole lines, the lab's own last and without itself", () => {
    using recorder = closedCell();
    expect(records().map(({ of, lines }) => `${of} ${lines}`)).toEqual([
      'tap 1',
      'worker-1 1',
      'lab 4', // two phases, two records
    ]);
    expect(records().every(({ source }) => source === 'lab')).toBe(true);
    expect(recorder.folder).toBe(join(dir, 'c'));
  });

  test('count what was recorded, not what came to be in the file', () => {
    const recorder = new CellRecorder(dir, 'c');
    recorder.record('tap', { kind: 'phase', name: 'load' });
    recorder.record('tap', { kind: 'phase', name: 'done' });
    recorder[Symbol.dispose]();
    using reopened = new CellRecorder(dir, 'c');
    reopened.record('tap', { kind: 'phase', name: 'observe' });
    writeFileSync(reopened.eventsFile('tap'), line(1, 'load')); // somebody cuts it while it is open
    reopened.recordSources();
    expect(records()[0]).toMatchObject({ of: 'tap', lines: 3 });
  });

  test.each<[string, (recorder: CellRecorder) => void]>([
    ['a line was cut', (recorder) => writeFileSync(recorder.eventsFile('worker-1'), '')],
    [
      'a line was edited',
      (recorder) => writeFileSync(recorder.eventsFile('worker-1'), line(1, 'heal')),
    ],
    ['a file was removed', (recorder) => rmSync(recorder.eventsFile('tap'))],
    [
      "a line of the lab's own was edited",
      (recorder) => {
        const file = recorder.eventsFile('lab');
        writeFileSync(file, readFileSync(file, 'utf8').replace('"load"', '"heal"'));
      },
    ],
  ])('do not read when %s', (_what, change) => {
    using recorder = closedCell();
    recorder[Symbol.dispose]();
    change(recorder);
    expect(() => readCell(dir, 'c')).toThrow(DamagedHistory);
  });

  test('do not read when a clock runs backwards', () => {
    using recorder = new CellRecorder(dir, 'c');
    writeFileSync(recorder.eventsFile('worker-1'), line(2, 'load') + line(1, 'heal'));
    expect(() => readCell(dir, 'c')).toThrow('worker-1.jsonl:2: its clock is behind');
  });

  test('of the run itself are closed too', () => {
    writeFileSync(new CellRecorder(dir, 'run').eventsFile('lab'), line(1, 'load'));
    recordRunSources(dir);
    expect(merge(readCell(dir, 'run')).at(-1)).toMatchObject({
      kind: 'record',
      of: 'lab',
      lines: 1,
    });
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
