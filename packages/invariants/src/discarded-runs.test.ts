import { describe, expect, test } from 'vitest';

import { wasDisturbed } from './discarded-runs.ts';
import { judgeCell } from './judge-cell.ts';
import { judgeRun } from './judge-run.ts';
import { loadCell, loadSetting, loadSpec, type LoadChanges } from './scripted-loads.ts';

const guarded = { ...loadSetting, policy: 'token-bucket' };
const late: LoadChanges = { machine: { lagsMs: [80], cpu: 0.4 } };

/** A cell that was run, and run again; each line of the second after those of the first. */
function runTwice(first: LoadChanges, again: Parameters<typeof loadSpec>[0] = {}) {
  const spec = loadSpec({ load: guarded });
  const cells = [
    loadCell(spec, first),
    loadCell(loadSpec({ load: guarded, id: `${spec.id}@2`, rerunOf: spec.id, ...again })),
  ];
  const events = cells.flatMap((cell) => cell.events).map((event, seq) => ({ ...event, seq }));
  return judgeRun(events);
}

describe('a run that the machine disturbed', () => {
  test('counts for nothing once the load ran again, and is shown with its reason', () => {
    const { cells, discarded, worst, reasons } = runTwice(late);
    expect(cells.map(({ spec }) => spec.id)).toEqual(['rabbitmq/prevent@2']);
    expect(worst).toBe('as expected');
    expect(discarded).toEqual([
      {
        cell: 'rabbitmq/prevent',
        rerun: 'rabbitmq/prevent@2',
        reasons: [expect.stringMatching(/lag p99 ms <= 50, was 8\d/)],
      },
    ]);
    expect(reasons.join()).not.toContain('lag');
  });

  test('has its place taken by the last of its reruns, before what began after it', () => {
    const ids = ['a', 'b', 'a@2', 'a@3'];
    const events = ids.flatMap((id) => {
      const spec = loadSpec({ load: guarded, id });
      const rerunOf = { 'a@2': 'a', 'a@3': 'a@2' }[id];
      const rerun = rerunOf === undefined ? spec : { ...spec, rerunOf };
      return loadCell(rerun, id === 'a' || id === 'a@2' ? late : {}).events;
    });
    const { cells, discarded } = judgeRun(events.map((event, seq) => ({ ...event, seq })));
    expect(cells.map(({ spec }) => spec.id)).toEqual(['a@3', 'b']);
    expect(discarded.map(({ cell, rerun }) => `${cell} ${rerun}`)).toEqual(['a a@2', 'a@2 a@3']);
  });

  test('counts as long as there is no other', () => {
    const { events } = loadCell(loadSpec({ load: guarded }), late);
    expect(judgeRun(events)).toMatchObject({ worst: 'inconclusive', discarded: [] });
  });

  test('is so whatever it found: broken or whole', () => {
    const broken = judgeCell(loadCell(loadSpec(), late));
    const whole = judgeCell(loadCell(loadSpec({ load: guarded }), late));
    const states = [broken, whole].map(({ findings }) => findings.map((f) => f.finding.state));
    expect(states).toEqual([
      ['violated', 'violated'],
      ['holds', 'holds'],
    ]);
    expect([broken, whole].map(wasDisturbed)).toEqual([true, true]);
  });
});

describe('another run does not stand in for one that', () => {
  test('was contrary', () => {
    const contrary = loadSpec({ load: loadSetting });
    const again = loadSpec({ load: guarded, id: 'rabbitmq/prevent@2', rerunOf: contrary.id });
    const events = [loadCell(contrary), loadCell(again)].flatMap((cell) => cell.events);
    const { cells, discarded, worst } = judgeRun(events.map((event, seq) => ({ ...event, seq })));
    expect(cells).toHaveLength(2);
    expect({ discarded, worst }).toEqual({ discarded: [], worst: 'contrary' });
  });

  test.each<[string, LoadChanges]>([
    ['broke off', { ...late, ending: 'timed out: ready' }],
    ['lost a window', { change: withoutOneWindow }],
    ['lost a window and was disturbed', { ...late, change: withoutOneWindow }],
    ['was not timed', { machine: { lagsMs: [], cpu: 0.4 } }],
  ])('%s', (_, changes) => {
    const { cells, discarded, worst } = runTwice(changes);
    expect(cells).toHaveLength(2);
    expect({ discarded, worst }).toEqual({ discarded: [], worst: 'inconclusive' });
  });

  test('is another cell', () => {
    expect(runTwice(late, { rerunOf: 'rabbitmq/reproduce' })).toMatchObject({
      discarded: [],
      worst: 'inconclusive',
    });
  });
});

function withoutOneWindow(
  event: Parameters<NonNullable<LoadChanges['change']>>[0],
): ReturnType<NonNullable<LoadChanges['change']>> {
  const { seq: _seq, t: _t, cell: _cell, source, ...body } = event;
  return body.kind === 'load' && source === 'client' && body.window === 2 ? null : body;
}
