import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { loadIsBounded } from './inv-009-work-is-bounded.ts';
import { loadMakesProgress } from './inv-011-load-makes-progress.ts';
import type { LoadEvidence } from './load-evidence.ts';
import { loadEvidenceOf } from './load-evidence.ts';
import { loadCell, loadSetting, loadSpec } from './scripted-loads.ts';

const read = loadEvidenceOf(loadCell(loadSpec()));
if ('unreadable' in read) throw new Error(read.unreadable);
const scripted: LoadEvidence = read;

interface Window {
  readonly offered: number;
  readonly succeeded: number;
  readonly reached: number;
}

const anyWindow: fc.Arbitrary<Window> = fc
  .record({
    offered: fc.integer({ min: 1, max: 300 }),
    share: fc.constantFrom(0, 0.5, 0.96, 0.98, 1, 1),
    attempts: fc.float({ min: 0, max: 5, noNaN: true }),
  })
  .map(({ offered, share, attempts }) => ({
    offered,
    succeeded: Math.floor(offered * share),
    reached: Math.floor(offered * attempts),
  }));

const anyWindows = fc.array(anyWindow, { minLength: 6, maxLength: 20 });
/** Few enough that many of them come back. */
const fewWindows = fc.array(anyWindow, { minLength: 3, maxLength: 6 });

/** A load of these windows, all of which are after the trigger. */
function evidenceOf(windows: readonly Window[]): LoadEvidence {
  const { measured } = scripted;
  const column = (name: keyof Window): number[] => windows.map((window) => window[name]);
  return {
    ...scripted,
    measured: {
      ...measured,
      series: {
        ...measured.series,
        columns: {
          ...measured.series.columns,
          offered: column('offered'),
          succeeded: column('succeeded'),
          reached: column('reached'),
        },
      },
    },
  };
}

const windowMs = 2 * loadSetting.timeoutMs;
const all = (windows: readonly Window[]) => ({ fromMs: 0, toMs: windows.length * windowMs });
const progress = (windows: readonly Window[], limitMs: number): string =>
  loadMakesProgress(evidenceOf(windows), all(windows), limitMs).state;
const bounded = (windows: readonly Window[], limit: number): string =>
  loadIsBounded(evidenceOf(windows), all(windows), limit).state;

describe('INV_009 of a load', () => {
  test('is a question of the last third alone', () => {
    fc.assert(
      fc.property(anyWindows, anyWindow, (windows, other) => {
        const thirds = Math.floor((windows.length * 2) / 3);
        const changed = windows.map((window, index) => (index < thirds ? other : window));
        expect(bounded(changed, 2)).toBe(bounded(windows, 2));
      }),
    );
  });

  test('never holds with more attempts or a lower limit where it was violated', () => {
    fc.assert(
      fc.property(anyWindows, fc.float({ min: 1, max: 4, noNaN: true }), (windows, limit) => {
        fc.pre(bounded(windows, limit) === 'violated');
        const more = windows.map((window) => ({ ...window, reached: window.reached + 1 }));
        expect(bounded(more, limit)).toBe('violated');
        expect(bounded(windows, limit / 2)).toBe('violated');
      }),
    );
  });
});

describe('INV_011 of a load', () => {
  const answered = (window: Window): Window => ({ ...window, succeeded: window.offered });
  const unanswered = (window: Window): Window => ({ ...window, succeeded: 0 });

  test('holds when all is answered from somewhere within the limit to the end', () => {
    fc.assert(
      fc.property(anyWindows, fc.nat(), (windows, n) => {
        const from = n % (windows.length - 2);
        const back = windows.map((window, index) => (index < from ? unanswered : answered)(window));
        expect(progress(back, from * windowMs)).toBe('holds');
      }),
    );
  });

  test('never holds when nothing is answered in the end', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const half = Math.floor(windows.length / 2);
        const down = windows.map((window, index) => (index < half ? window : unanswered(window)));
        expect(progress(down, windows.length * windowMs)).not.toBe('holds');
      }),
    );
  });

  test('never fails for answering more', () => {
    fc.assert(
      fc.property(fewWindows, fc.nat(), (windows, n) => {
        const limitMs = (n % windows.length) * windowMs;
        fc.pre(progress(windows, limitMs) === 'holds');
        expect(progress(windows.map(answered), limitMs)).toBe('holds');
      }),
    );
  });

  test('holds with a longer limit where it held with a shorter one', () => {
    fc.assert(
      fc.property(fewWindows, (windows) => {
        const backAt = [0, 1, 2, 3].find((n) => progress(windows, n * windowMs) === 'holds');
        fc.pre(backAt !== undefined);
        for (const longer of [4, 5, 20]) expect(progress(windows, longer * windowMs)).toBe('holds');
      }),
    );
  });
});
