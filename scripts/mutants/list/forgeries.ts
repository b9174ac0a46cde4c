/**
 * Records that were tampered with after the run; `fm check` is given the one file `history.jsonl` of each. It finds
 * accidents and partial edits; somebody who forges everything coherently writes another run, and is not found.
 */
import type { Forgery, HistoryLine, Mutant, StoredRun } from '../mutant.ts';

const struck = 'bullmq/prevent/lease-stolen';

function forgery(
  name: string,
  says: string,
  exitCode: Forgery['exitCode'],
  reason: RegExp,
  forge: Forgery['forge'],
  beside: 'alone' | 'beside its result' = 'alone',
): Mutant {
  const historyAlone = beside === 'alone';
  const proof = { kind: 'forgery', forge, historyAlone, exitCode, reason } as const;
  return { name: `record-with-${name}`, says, part: 'lab', edits: [], proof };
}

/** Lines dropped or changed; the others are numbered anew, so that only what they say can tell. */
function lines(change: (line: HistoryLine) => HistoryLine | null): Forgery['forge'] {
  return ({ history, result }: StoredRun) => ({
    history: history
      .map((line) => change(line))
      .filter((line) => line !== null)
      .map((line, seq) => ({ ...line, seq })),
    result,
  });
}

/** The plan of one cell, as its first line tells it. */
function specOf(cell: string, change: (spec: HistoryLine) => HistoryLine): Forgery['forge'] {
  return lines((line) =>
    line['kind'] === 'cell' && line['phase'] === 'start' && line['cell'] === cell
      ? { ...line, spec: change(line['spec'] as HistoryLine) } // every cell begins with its spec
      : line,
  );
}

export const forgeries: readonly Mutant[] = [
  forgery(
    'a-cell-removed',
    'All lines of one cell are taken out of the history.',
    2,
    /rabbitmq\/prevent\/check-outlived/,
    lines((line) => (line['cell'] === 'rabbitmq/prevent/check-outlived' ? null : line)),
  ),
  forgery(
    'a-transport-removed',
    'All lines of the cells on one transport are taken out of the history.',
    2,
    /bullmq/,
    lines((line) => (String(line['cell']).startsWith('bullmq/') ? null : line)),
  ),
  forgery(
    'a-placebo-under-another-name',
    'A cell says that it ran another guard than it did.',
    2,
    /plan|rabbitmq\/placebo\/memory-set/,
    specOf('rabbitmq/placebo/memory-set', (spec) => ({ ...spec, guard: 'check-then-act' })),
  ),
  forgery(
    'expectations-removed',
    'A cell no longer says what was expected of any invariant but one.',
    2,
    /plan|prevent\/lease-stolen/,
    specOf(struck, (spec) => ({ ...spec, expected: { INV_012: 'holds' } })),
  ),
  forgery(
    'a-guard-that-need-not-act',
    'A cell no longer asks that its guard has refused something.',
    2,
    /plan|prevent\/lease-stolen/,
    specOf(struck, (spec) => ({ ...spec, guardMustAct: false })),
  ),
  forgery(
    'amounts-of-999',
    'Every entry of the ledger in the last snapshots has the amount 999.',
    2,
    /amount|999|line/,
    lines((line) => {
      if (line['kind'] !== 'snapshot') return line;
      const snapshot = line['snapshot'] as { ledger: HistoryLine[] }; // as the lab wrote it
      const ledger = snapshot.ledger.map((entry) => ({ ...entry, amount: 999 }));
      return { ...line, snapshot: { ...snapshot, ledger } };
    }),
  ),
  forgery(
    'one-line-removed',
    'One line of a tap is taken out of the history.',
    2,
    /line/,
    ({ history, result }) => {
      const first = history.findIndex(({ kind, cell }) => kind === 'wire' && cell === struck);
      return lines((line) => (line === history[first] ? null : line))({ history, result });
    },
  ),
  forgery(
    'another-result-beside-it',
    'The result beside the history says something else than the history gives.',
    2,
    /differs from what this history gives now/,
    ({ history, result }) => ({ history, result: { ...result, verdict: 'disproven' } }),
    'beside its result',
  ),
  forgery(
    'one-cell-ended-early',
    'A cell that completed is said to have been broken off.',
    2,
    /the cell did not complete|line/,
    lines((line) =>
      line['kind'] === 'cell' && line['phase'] === 'end' && line['cell'] === struck
        ? { ...line, ending: 'aborted' }
        : line,
    ),
  ),
];
