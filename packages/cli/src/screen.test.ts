import type { Progress } from '@lab/harness';
import { judgeRun } from '@lab/invariants';
import { mergeCells, scriptedRun, wholeGrid } from '@lab/invariants/scripted';
import type { Style } from '@lab/report';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { openScreen, type Screen, type ScreenOptions } from './screen.ts';

const style: Style = { color: false, unicode: true, width: 100 };
const { cells } = judgeRun(mergeCells(wholeGrid('rabbitmq'), scriptedRun));
const specs = cells.map(({ spec }) => spec);
const folder = { path: 'x', eventsDir: 'x', logsDir: 'x', historyFile: 'x', resultFile: 'x' };
const begun: Progress = { kind: 'begun', header: scriptedRun, folder, specs };
const [firstCell] = cells;
if (firstCell === undefined) throw new Error('the scripted grid has cells');
const { spec: first } = firstCell;
const ended: Progress = { kind: 'cell', spec: first, judgement: firstCell };

/** A stream that keeps what is written, and a screen on it. */
function screenOn(
  stream: Partial<ScreenOptions['stream']>,
  quiet = false,
): { screen: Screen; writes: string[] } {
  const writes: string[] = [];
  const screen = openScreen({
    stream: { ...stream, write: (text: string) => writes.push(text) },
    style,
    quiet,
  });
  return { screen, writes };
}

/** What a terminal shows after these bytes; knows what the region uses. */
function shown(text: string): { lines: string[]; cursor: boolean } {
  const lines = [''];
  let row = 0;
  let cursor = true;
  // oxlint-disable-next-line no-control-regex -- control sequences are what is read here
  for (const [part] of text.matchAll(/\u001B\[(?:\?25[lh]|\d+[AJ])|\r|\n|[^\u001B\r\n]+/g)) {
    if (part === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (part.endsWith('A')) {
      row -= Number(part.slice(2, -1));
    } else if (part.endsWith('J')) {
      lines.splice(row, Infinity, '');
    } else if (part.startsWith('\u001B')) {
      cursor = part.endsWith('h');
    } else if (part !== '\r') {
      lines[row] += part;
    }
  }
  return { lines, cursor };
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

describe('elsewhere than on a terminal', () => {
  test('every line begins with the time elapsed, and there is no escape byte', () => {
    const { screen, writes } = screenOn({});
    screen.note('brokers: local processes');
    vi.advanceTimersByTime(12_345);
    screen.progress(begun);
    screen.progress({ kind: 'phase', spec: first, phase: 'start' });
    screen.progress(ended);
    screen[Symbol.dispose]();
    expect(writes.map((line) => line.slice(0, 9))).toEqual(['   0.0s  ', '  12.3s  ', '  12.3s  ']);
    expect(writes[2]).toMatch(/✓ SOUND +rabbitmq\/control/);
    expect(writes.join('')).not.toContain('\u001B');
  });

  test('a dumb terminal is no terminal', () => {
    vi.stubEnv('TERM', 'dumb');
    const { screen, writes } = screenOn({ isTTY: true });
    screen.progress(begun);
    vi.advanceTimersByTime(1000);
    expect(writes.join('')).not.toContain('\u001B');
  });
});

describe('on a terminal', () => {
  test('draws at most ten times a second, however much happens', () => {
    const { screen, writes } = screenOn({ isTTY: true, columns: 100, rows: 30 });
    const before = writes.length;
    for (let ms = 0; ms < 1000; ms += 1) {
      screen.note(`${ms}`);
      screen.tell(`line ${ms}`);
      screen.progress({ kind: 'phase', spec: first, phase: ms % 2 === 0 ? 'load' : 'settle' });
      vi.advanceTimersByTime(1);
    }
    expect(writes.length - before).toBe(10);
    screen[Symbol.dispose]();
    const { lines } = shown(writes.join(''));
    expect(lines.filter((line) => line.startsWith('line '))).toHaveLength(1000);
  });

  test('shows what runs below what has ended, and the fault while it is on', () => {
    const { screen, writes } = screenOn({ isTTY: true, columns: 100, rows: 30 });
    screen.progress(begun);
    screen.progress(ended);
    const other = specs[1] ?? first;
    screen.progress({ kind: 'phase', spec: other, phase: 'strike' });
    const fault = {
      kind: 'fault',
      id: 'F1',
      verb: 'cut',
      target: 'worker-1>rabbitmq',
      label: 'cut worker-1>rabbitmq',
    } as const;
    screen.progress({
      kind: 'event',
      at: 1,
      cell: other.id,
      source: 'lab',
      event: { ...fault, phase: 'on', applied: 'enabled=false' },
    });
    vi.advanceTimersByTime(100);
    const { lines, cursor } = shown(writes.join(''));
    expect(cursor).toBe(false);
    expect(lines.map((line) => line.replace(/^\S+ [\d.]+ s/, 'TURN'))).toEqual([
      expect.stringMatching(/cells, seed/),
      expect.stringMatching(/✓ SOUND/),
      `TURN  1 of ${specs.length} cells`,
      `    ${other.id.padEnd(36)} strike        cut worker-1>rabbitmq`,
      '',
    ]);
    screen[Symbol.dispose]();
  });

  test('a run that was disturbed is not counted as done, and its next run is not one more', () => {
    const { screen, writes } = screenOn({ isTTY: true, columns: 100, rows: 30 });
    screen.progress(begun);
    screen.progress({ kind: 'phase', spec: first, phase: 'load' });
    screen.progress({ kind: 'discarded', spec: first, judgement: firstCell });
    screen.progress({ kind: 'phase', spec: { ...first, id: `${first.id}@2` }, phase: 'start' });
    vi.advanceTimersByTime(100);
    expect(shown(writes.join('')).lines.slice(1)).toEqual([
      expect.stringMatching(/DISTURBED +rabbitmq\/control .*is run again/),
      expect.stringContaining(`0 of ${specs.length} cells`),
      expect.stringContaining('rabbitmq/control@2'),
      '',
    ]);
    screen[Symbol.dispose]();
  });

  test('in the end the region is gone, what was told stays, and the cursor is back', () => {
    const { screen, writes } = screenOn({ isTTY: true, columns: 100, rows: 30 });
    screen.progress(begun);
    vi.advanceTimersByTime(250);
    screen.tell('said at the very end');
    screen[Symbol.dispose]();
    screen[Symbol.dispose]();
    const { lines, cursor } = shown(writes.join(''));
    expect(cursor).toBe(true);
    expect(lines).toEqual([expect.stringMatching(/cells, seed/), 'said at the very end', '']);
    const count = writes.length;
    vi.advanceTimersByTime(1000);
    expect(writes).toHaveLength(count);
  });

  test('an error gives the cursor back', () => {
    const writes: string[] = [];
    const fail = (): void => {
      using screen = openScreen({
        stream: { isTTY: true, write: (text: string) => writes.push(text) },
        style,
        quiet: false,
      });
      screen.progress(begun);
      throw new Error('in the middle');
    };
    expect(fail).toThrow('in the middle');
    expect(shown(writes.join('')).cursor).toBe(true);
  });

  test('a program that ends at once gives it back, too', () => {
    const before = process.listeners('exit');
    const { writes } = screenOn({ isTTY: true });
    const [atExit] = process.listeners('exit').filter((listener) => !before.includes(listener));
    atExit?.(130);
    expect(shown(writes.join('')).cursor).toBe(true);
    expect(process.listeners('exit')).toEqual(before);
  });

  test('is cut to a narrow and low terminal, so that it can be erased', () => {
    const { screen, writes } = screenOn({ isTTY: true, columns: 20, rows: 3 });
    screen.progress(begun);
    for (const spec of specs) screen.progress({ kind: 'phase', spec, phase: 'load' });
    vi.advanceTimersByTime(100);
    const { lines } = shown(writes.join(''));
    const region = lines.slice(1, -1); // the title stays above
    expect(region).toHaveLength(2);
    expect(Math.max(...region.map((line) => Array.from(line).length))).toBeLessThan(20);
    screen[Symbol.dispose]();
  });
});

test('a quiet screen shows only what must be told', () => {
  const { screen, writes } = screenOn({ isTTY: true }, true);
  screen.note('brokers');
  screen.progress(begun);
  screen.tell('SIGINT: healing');
  screen[Symbol.dispose]();
  expect(writes).toEqual(['SIGINT: healing\n']);
});

test('a cell that was broken off has no line', () => {
  const { screen, writes } = screenOn({});
  screen.progress({ ...ended, judgement: { ...firstCell, ending: 'aborted' } });
  expect(writes).toEqual([]);
});
