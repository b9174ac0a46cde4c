import type { HistoryEvent, LoadCounts } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { judgeCell } from './judge-cell.ts';
import type { Judgement } from './judgement.ts';
import { fromWindow, loadCell, loadSetting, loadSpec, type LoadChanges } from './scripted-loads.ts';

const calm = { ...loadSetting, trigger: 'none' } as const;
const guarded = { ...loadSetting, policy: 'token-bucket' };
const collapse = { INV_009: 'violated', INV_011: 'violated' } as const;

function states({ findings }: Judgement): string[] {
  return findings.map(({ invariant, finding }) => `${invariant} ${finding.state}`);
}

describe('a load that is in order', () => {
  test('holds without a trigger', () => {
    const judged = judgeCell(loadCell(loadSpec({ role: 'control', load: calm })));
    expect(judged).toMatchObject({ conclusion: 'as expected', reasons: [], faults: [] });
    expect(judged.load?.outcome.verdict).toBe('recovered');
  });

  test('holds when its guard brought it back, and the guard was exercised', () => {
    const judged = judgeCell(loadCell(loadSpec({ load: guarded, guardMustAct: true })));
    expect(judged).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(judged.guard.refused).toBeGreaterThan(0);
    expect(judged.faults).toMatchObject([{ healed: true, metTraffic: true }]);
  });

  test('is bounded and back late: only its liveness is violated', () => {
    const judged = judgeCell(loadCell(loadSpec({ load: guarded, livenessLimitMs: 1000 })));
    expect(states(judged)).toEqual(['INV_009 holds', 'INV_011 violated']);
  });
});

describe('a load that collapsed', () => {
  const cell = loadCell(loadSpec({ role: 'reproduce', expected: collapse }));
  const judged = judgeCell(cell);

  test('violates both, and is a success where that was expected', () => {
    expect(judged).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(states(judged)).toEqual(['INV_009 violated', 'INV_011 violated']);
  });

  test('is witnessed by its trigger and by lines of its windows', () => {
    for (const { finding } of judged.findings) {
      if (finding.state !== 'violated') throw new Error(`${finding.invariant} ${finding.state}`);
      const [witness] = finding.witnesses;
      const kinds = new Set(witness?.seqs.map((seq) => cell.events[seq]?.kind));
      expect(kinds).toEqual(new Set(['fault', 'load']));
      expect(witness?.seqs).toEqual(witness?.seqs.toSorted((a, b) => a - b));
      expect(witness?.story).toMatch(/windows \d+ to \d+/);
    }
  });

  test('is contrary where it was to hold', () => {
    expect(judgeCell(loadCell(loadSpec())).conclusion).toBe('contrary');
  });

  test('is contrary where collapse was expected and did not come', () => {
    const other = judgeCell(loadCell(loadSpec({ load: guarded, expected: collapse })));
    expect(other.conclusion).toBe('contrary');
  });

  test('that came back and fell again is not back', () => {
    const change = fromWindow(14, loadSetting);
    const relapsed = judgeCell(
      loadCell(loadSpec({ load: guarded }), change === undefined ? {} : { change }),
    );
    const finding = relapsed.findings.find(({ invariant }) => invariant === 'INV_011')?.finding;
    expect(finding).toMatchObject({ state: 'violated' });
    expect(finding?.state === 'violated' ? finding.witnesses[0]?.story : '').toContain(
      'not for good',
    );
  });
});

describe('a load that says nothing', () => {
  test.each<[string, LoadChanges, RegExp]>([
    ['a host that was busy', { machine: { lagsMs: [0.5], cpu: 0.93 } }, /gate .*CPU.*was 0\.93/],
    ['a client that was late', { machine: { lagsMs: [80], cpu: 0.4 } }, /gate .*lag.*was 8\d/],
    ['a cell that broke off', { ending: 'crashed: x' }, /did not complete: crashed: x/],
    ['a history that stops', { ending: null }, /never ended/],
  ])('because of %s is inconclusive, and says why', (_, changes, why) => {
    for (const load of [loadSetting, guarded]) {
      const { conclusion, reasons } = judgeCell(loadCell(loadSpec({ load }), changes));
      const isFact = changes.machine === undefined && load === loadSetting;
      expect(conclusion).toBe(isFact ? 'contrary' : 'inconclusive');
      expect(reasons.join('\n')).toMatch(why);
    }
  });

  test('has no windows: every question is open', () => {
    const judged = judgeCell(
      loadCell(loadSpec(), {
        change: ({ seq: _seq, t: _t, cell: _cell, source: _source, ...body }) =>
          body.kind === 'load' ? null : body,
      }),
    );
    expect(judged.load).toBeNull();
    expect(judged.conclusion).toBe('inconclusive');
    expect(states(judged)).toEqual(['INV_009 unknown', 'INV_011 unknown']);
  });

  test('was never struck, though it was to be', () => {
    const spec = loadSpec({ load: { ...guarded, trigger: 'none' }, fault: 'stall' });
    const { conclusion, reasons } = judgeCell(loadCell(spec));
    expect(conclusion).toBe('inconclusive');
    expect(reasons).toContain('the fault "stall" was never injected');
  });

  test('never made its guard act', () => {
    const spec = loadSpec({ load: { ...guarded, trigger: 'none' }, guardMustAct: true });
    const { conclusion, reasons } = judgeCell(loadCell(spec));
    expect(conclusion).toBe('inconclusive');
    expect(reasons).toContain('the guard never had to act: it refused nothing');
  });

  test('was not watched for as long as the limit', () => {
    const judged = judgeCell(loadCell(loadSpec({ livenessLimitMs: 60_000 })));
    expect(states(judged)).toEqual(['INV_009 violated', 'INV_011 unknown']);
  });

  test('has no limit for its work', () => {
    const { workLimit: _, ...spec } = loadSpec({ load: guarded });
    expect(states(judgeCell(loadCell(spec)))).toEqual(['INV_009 unknown', 'INV_011 holds']);
  });
});

describe('a load that was recovered while it went on', () => {
  const long = { ...loadSetting, observeMs: 20_000 };
  const expected = { INV_004: 'holds', INV_009: 'restored', INV_011: 'restored' } as const;
  const spec = loadSpec({ role: 'recover', load: long, expected });
  /** Recovery from 15 s to 18 s; the windows from 17 on are those of a load nothing happened to. */
  const recovery = (repairs: number, change: LoadChanges['change']): LoadChanges => ({
    ...(change === undefined ? {} : { change }),
    more: [
      { atMs: 15_000, body: { kind: 'phase', name: 'recover' } },
      { atMs: 17_000, body: { kind: 'recovery', round: 1, exitCode: 0, repairs: 3000 } },
      { atMs: 18_000, body: { kind: 'recovery', round: 2, exitCode: 0, repairs } },
    ],
  });
  const healthy = fromWindow(17, { ...long, trigger: 'none' });
  /** The books of a queue that was emptied by hand do not balance in a script. */
  const findingsOf = (changes: LoadChanges): string[] => states(judgeCell(loadCell(spec, changes)));

  test('was broken before, holds after, and nothing was shed the second time', () => {
    const judged = judgeCell(loadCell(spec, recovery(0, healthy)));
    expect(states(judged)).toEqual(['INV_004 holds', 'INV_009 holds', 'INV_011 holds']);
    expect(judged.findings.map(({ before }) => before?.state)).toEqual([
      undefined,
      'violated',
      'violated',
    ]);
    expect(judged.recovery?.rounds.map(({ repairs }) => repairs)).toEqual([3000, 0]);
  });

  test('was not, when the second run shed more', () => {
    expect(findingsOf(recovery(7, healthy))[0]).toBe('INV_004 violated');
  });

  test('was not, when it stayed down', () => {
    expect(findingsOf(recovery(0, undefined))).toEqual([
      'INV_004 violated',
      'INV_009 violated',
      'INV_011 unknown', // watched for less than the limit since
    ]);
  });

  test('had nothing to recover from, when nothing was broken', () => {
    const calmSpec = { ...spec, load: { ...long, trigger: 'none' }, fault: null } as const;
    const judged = judgeCell(loadCell(calmSpec, recovery(0, undefined)));
    expect(states(judged)[0]).toBe('INV_004 unknown');
    expect(judged.conclusion).toBe('contrary');
  });
});

describe('what a collapse has to be', () => {
  const plateau = { ...loadSetting, policy: 'per-message-ttl' };
  const placebo = { role: 'placebo', expected: collapse } as const;

  test('a placebo whose load is stuck fails as expected', () => {
    const load = { ...plateau, watchLimitMs: 100_000 };
    const judged = judgeCell(loadCell(loadSpec({ ...placebo, load })));
    expect(judged.load?.outcome).toMatchObject({ verdict: 'stuck', watchedMs: 60_000 });
    expect(judged).toMatchObject({ conclusion: 'as expected', reasons: [] });
  });

  test('one of which nobody can say that yet is inconclusive, though it is not back by the limit', () => {
    const judged = judgeCell(loadCell(loadSpec({ ...placebo, load: plateau })));
    expect(states(judged)).toEqual(['INV_009 violated', 'INV_011 violated']);
    expect(judged.conclusion).toBe('inconclusive');
    expect(judged.reasons).toEqual([
      'the load is undecided after 12000 ms, but was expected to be stuck',
    ]);
  });

  test('one that is only slow is contrary: it is on its way back', () => {
    const slow = { ...loadSetting, policy: 'aws-legacy', watchLimitMs: 100_000 };
    const expected = { INV_011: 'violated' } as const;
    const judged = judgeCell(loadCell(loadSpec({ role: 'placebo', expected, load: slow })));
    expect(judged.load?.outcome.verdict).toMatch(/draining|recovered/);
    expect(states(judged)).toEqual(['INV_011 violated']);
    expect(judged.conclusion).toBe('contrary');
    expect(judged.reasons.join()).toContain('but was expected to be stuck');
  });
});

describe('the books of a load', () => {
  const cell = loadCell(loadSpec({ load: guarded, guardMustAct: true }));
  const judgedWith = (events: readonly HistoryEvent[]): Judgement => judgeCell({ ...cell, events });
  const counted = (
    event: HistoryEvent,
    source: string,
    change: (counts: LoadCounts) => LoadCounts,
  ): HistoryEvent =>
    event.kind === 'load' && event.source === source
      ? { ...event, counts: change(event.counts) }
      : event;

  test('hold as they are', () => {
    expect(judgedWith(cell.events)).toMatchObject({ conclusion: 'as expected', reasons: [] });
  });

  test.each<[string, (events: readonly HistoryEvent[]) => HistoryEvent[], RegExp]>([
    [
      'more succeeded than was offered',
      (events) =>
        events.map((event) =>
          counted(event, 'client', ({ succeeded = 0, ...counts }) => ({
            ...counts,
            succeeded: 2 * succeeded,
          })),
        ),
      /jobs unaccounted for/,
    ],
    [
      'in one window one job more succeeded',
      (events) =>
        events.map((event) =>
          event.kind === 'load' && event.window === 9
            ? counted(event, 'client', ({ succeeded = 0, ...counts }) => ({
                ...counts,
                succeeded: succeeded + 1,
              }))
            : event,
        ),
      /jobs unaccounted for <= 0, was 1/,
    ],
    [
      'the server served nothing',
      (events) =>
        events.map((event) => counted(event, 'server', (counts) => ({ ...counts, served: 0 }))),
      /answers beyond what was served/,
    ],
    [
      'nobody read the queue',
      (events) =>
        events.filter((event) => event.kind !== 'load' || event.counts.depth === undefined),
      /lab has no line on requests for window 0/,
    ],
    [
      "the load was another guard's",
      () => [...loadCell(loadSpec({ load: { ...guarded, policy: 'grpc' } })).events],
      /client was told policy "grpc", not "token-bucket"/,
    ],
  ])('do not where %s', (_, change, why) => {
    const { conclusion, reasons } = judgedWith(change(cell.events));
    expect(conclusion).toBe('inconclusive');
    expect(reasons.join('\n')).toMatch(why);
  });

  const indices = cell.events.map((_, index) => index);

  test('miss any line that is deleted', () => {
    const unnoticed = indices.filter(
      (index) => judgedWith(cell.events.toSpliced(index, 1)).conclusion !== 'inconclusive',
    );
    expect(unnoticed).toEqual([]);
  });

  test('miss it where the lines are numbered anew', () => {
    const unnoticed = indices.filter((index) => {
      const left = cell.events.toSpliced(index, 1).map((event, seq) => ({ ...event, seq }));
      return judgedWith(left).conclusion !== 'inconclusive';
    });
    expect(unnoticed).toEqual([]);
  });

  test('see any line that is there twice, numbered anew or not', () => {
    const unnoticed = indices.filter((index) => {
      const twice = cell.events.toSpliced(index, 0, ...cell.events.slice(index, index + 1));
      const anew = twice.map((event, seq) => ({ ...event, seq }));
      return [twice, anew].some((events) => judgedWith(events).conclusion !== 'inconclusive');
    });
    expect(unnoticed).toEqual([]);
  });

  test('see any two lines that changed places', () => {
    const unnoticed = indices.slice(1).filter((index) => {
      const [first, second] = [cell.events[index - 1], cell.events[index]];
      if (first === undefined || second === undefined) return true;
      const swapped = cell.events.with(index - 1, second).with(index, first);
      return judgedWith(swapped).conclusion !== 'inconclusive';
    });
    expect(unnoticed).toEqual([]);
  });
});
