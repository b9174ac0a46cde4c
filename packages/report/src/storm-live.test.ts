import { describe, expect, test } from 'vitest';

import { sparkline } from './sparkline.ts';
import { renderStormDemo } from './storm-demo.ts';
import { renderStormLive, type RunningCell, type StormLiveView } from './storm-live.ts';
import type { Style } from './style.ts';
import { widthOf } from './text.ts';

const plain: Style = { color: false, unicode: true, width: 80 };
const ascii: Style = { ...plain, unicode: false };

const running: RunningCell = {
  name: 'policies/immediate/s3',
  phase: 'TRIGGER',
  leftMs: 840,
  windows: 34,
  offeredPerS: [140, 150, 130, 140, 140, 140, 140],
  goodputPerS: [140, 150, 130, 140, 140, 140, 12],
  attemptsPerS: [140, 150, 130, 140, 140, 140, 320],
  depth: [0, 0, 1, 0, 2, 0, 180],
  nominalPerS: 140,
  attempts: 4,
  trigger: { on: 6.02, off: null },
};

const view: StormLiveView = {
  elapsedMs: 192_000,
  leftMs: 760_000,
  done: 41,
  planned: 180,
  note: null,
  groups: [
    {
      name: 'none',
      done: 10,
      planned: 10,
      stuck: 0,
      draining: 0,
      undecided: 0,
      valid: 10,
      stuckAmplification: null,
      recoveryMs: 7800,
      recovered: 10,
    },
    {
      name: 'immediate',
      done: 3,
      planned: 10,
      stuck: 3,
      draining: 0,
      undecided: 0,
      valid: 3,
      stuckAmplification: 4.02,
      recoveryMs: null,
      recovered: 0,
    },
    {
      name: 'aws-2026',
      done: 4,
      planned: 10,
      stuck: 1,
      draining: 0,
      undecided: 0,
      valid: 4,
      stuckAmplification: 1.1,
      recoveryMs: 14_100,
      recovered: 3,
    },
  ],
  running: [running, { ...running, name: 'policies/none/s4', phase: 'starting', leftMs: null }],
};

describe('the live table', () => {
  test('says what came out so far and what runs now', () => {
    expect(renderStormLive(view, plain, 24)).toMatchInlineSnapshot(`
      [
        "◐ 3:12 min  41 of 180 cells, about 12:40 min left",
        "                        cells  stuck  draining undecided attempts back after",
        "  none                  10/10  0/10                               7.8 s",
        "  immediate             3/10   3/3                       4.02",
        "  aws-2026              4/10   1/4                       1.10     14.1 s (3/4)",
        "  running                                      goodput      attempts     queue",
        "  policies/immediate/s3        TRIGGER 0.8 s   ██████▂      ▃▃▃▃▃▃▅      180",
        "  policies/none/s4             starting        ██████▂      ▃▃▃▃▃▃▅      180",
      ]
    `);
  });

  test('draws with ASCII alone where there is nothing else', () => {
    const lines = renderStormLive(view, ascii, 24).join('\n');
    expect(lines).toMatch(/^[\n -~]*$/);
  });

  test.each([6, 8, 24])('fits %i rows and keeps what runs now', (rows) => {
    const lines = renderStormLive(view, plain, rows);
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(lines.at(-1)).toContain('policies/none/s4');
  });

  test('fits 80 columns', () => {
    for (const line of renderStormLive(view, plain, 24)) expect(widthOf(line)).toBeLessThan(80);
  });
});

describe('the demonstration', () => {
  const demo = {
    elapsedMs: 9000,
    leftMs: 14_000,
    note: null,
    subtitle: '280 jobs/s for a server that does 400/s',
    policies: [{ title: 'immediate: tries again at once', cell: running }],
  };

  test('draws bars of one scale above the trigger', () => {
    expect(renderStormDemo(demo, plain, 80)).toMatchInlineSnapshot(`
      [
        "◑ 9 s, about 14 s left   280 jobs/s for a server that does 400/s",
        "",
        "immediate: tries again at once   TRIGGER 0.8 s",
        "  offered        140/s ▃▃▃▃▃▃▃",
        "  attempts       320/s ▃▃▃▃▃▃▅",
        "  goodput         12/s ██████▂",
        "  queue            180 ▁▁▂▁▂▁█",
        "  trigger                    ━",
      ]
    `);
  });

  test.each([40, 60, 80, 200])('has its bars within %i columns', (columns) => {
    const grown = { ...running, offeredPerS: Array.from({ length: 34 }, () => 140) };
    const lines = renderStormDemo(
      { ...demo, policies: [{ title: 'immediate', cell: grown }] },
      ascii,
      columns,
    );
    for (const line of lines.slice(1)) expect(widthOf(line)).toBeLessThan(columns);
  });
});

describe('a row of bars', () => {
  test('has its lowest bar for nought alone', () => {
    expect(sparkline([0, 0.1, 50, 100, 200], 100, 10, plain)).toBe('▁▂▅██');
  });

  test('takes the mean of neighbours where there are more than fit', () => {
    expect(sparkline([0, 100, 100, 100], 100, 2, ascii)).toBe('=#');
  });
});
