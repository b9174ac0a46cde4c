import { monotonicMs, openJournal, type LoadCounts } from '@lab/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { WindowCounts } from './window-counts.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'hrtime'] }));
afterEach(() => void vi.useRealTimers());

describe('counts by window', () => {
  it('are written when their window is over, empty ones too', () => {
    const { counts, lines } = opened();
    counts.start(monotonicMs());
    counts.add('sent');
    counts.add('sent');
    expect(lines).toEqual([]);
    vi.advanceTimersByTime(2001);
    expect(lines).toEqual([
      [0, { sent: 2 }],
      [1, {}],
    ]);
  });

  it('go into the window to which their moment belongs', () => {
    const { counts, lines } = opened();
    const start = monotonicMs();
    counts.start(start);
    counts.add('offered', start + 999);
    counts.add('offered', start + 1000);
    vi.advanceTimersByTime(2001);
    expect(lines).toEqual([
      [0, { offered: 1 }],
      [1, { offered: 1 }],
    ]);
  });

  it('are never lost: what belongs to a window that is written goes into the next', () => {
    const { counts, lines } = opened();
    const start = monotonicMs();
    counts.start(start);
    vi.advanceTimersByTime(1500);
    counts.add('offered', start + 500);
    counts.close();
    expect(lines).toEqual([
      [0, {}],
      [1, { offered: 1 }],
    ]);
  });

  it('take in what is due before they are written', () => {
    const { counts, lines } = opened();
    const start = monotonicMs();
    counts.start(start, () => counts.add('offered', start + 999.9));
    vi.advanceTimersByTime(1001);
    expect(lines).toEqual([[0, { offered: 1 }]]);
  });

  it('end with the window that was cut short, once', () => {
    const { counts, lines } = opened();
    counts.start(monotonicMs());
    vi.advanceTimersByTime(300);
    counts.add('failed');
    counts.close();
    counts.close();
    vi.advanceTimersByTime(5000);
    expect(lines).toEqual([[0, { failed: 1 }]]);
  });

  it('have readings of each window with them, less what was counted after its end', () => {
    const { counts, lines } = opened();
    const start = monotonicMs();
    let open = 0;
    counts.read('underWay', (since) => open - since('offered'));
    counts.start(start, () => {
      // offered late: one of them belongs to the window whose line is about to be written
      for (const atMs of [999, 1000.5]) {
        open += 1;
        counts.add('offered', start + atMs);
      }
    });
    vi.advanceTimersByTime(1001);
    expect(lines).toEqual([[0, { offered: 1, underWay: 1 }]]);
  });

  it('write nothing where no load began', () => {
    const { counts, lines } = opened();
    counts.close();
    expect(lines).toEqual([]);
  });
});

function opened() {
  const lines: [number, LoadCounts][] = [];
  const journal = openJournal((line) => {
    const { window, counts } = JSON.parse(line) as { window: number; counts: LoadCounts }; // our own line
    lines.push([window, counts]);
  });
  return { counts: new WindowCounts({ queue: 'requests', windowMs: 1000, journal }), lines };
}
