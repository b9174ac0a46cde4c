import { globSync, readFileSync } from 'node:fs';

import type { HistoryEvent, Snapshot } from '@lab/contract';
import { eventBodySchema } from '@lab/contract/schemas';
import { describe, expect, test } from 'vitest';

import {
  checkers,
  checkSafely,
  judgeCell,
  judgeRun,
  splitCells,
  type Conclusion,
} from './index.ts';
import { noSnapshot } from './net-effects.ts';

const folder = `${import.meta.dirname}/../histories`;

/** Columns: INV_001 INV_004 INV_005 INV_006 INV_009 INV_011 INV_012 INV_014, as h(olds), v(iolated), u(nknown). INV_009: no limit was set. */
const expectations: Record<string, readonly [states: string, conclusion: Conclusion]> = {
  'good/control-bullmq': ['h u u h u h h h', 'as expected'],
  'good/control-rabbitmq': ['h u u h u h h h', 'as expected'],
  'good/poison-dead-lettered': ['h u u h u h h h', 'as expected'],
  'good/prevent-bullmq': ['h u h h u h h h', 'as expected'],
  'good/prevent-delivery-lost': ['h u h h u h h h', 'as expected'],
  'good/prevent-rabbitmq': ['h u h h u h h h', 'as expected'],
  'good/recover-rabbitmq': ['h h h h u h h h', 'as expected'],
  'good/unconfirmed-but-effected': ['h u h h u h h h', 'as expected'],
  'bad/accepted-and-vanished': ['h u v v u u v h', 'contrary'],
  'bad/another-amount': ['h u u h u h h v', 'contrary'],
  'bad/dead-and-effected': ['h u u h u h v h', 'contrary'],
  'bad/duplicate-bullmq': ['v u h h u h h h', 'contrary'],
  'bad/duplicate-rabbitmq': ['v u h h u h h h', 'contrary'],
  'bad/given-back-without-a-fault': ['h u u h u h h h', 'contrary'],
  'bad/lost-with-a-complaint': ['h u h v u h v h', 'contrary'],
  'bad/published-twice-unmarked': ['v u v h u h h h', 'contrary'],
  'bad/queue-out-of-nothing': ['u u u u u h v u', 'contrary'],
  'bad/recovery-not-restoring': ['v v h h u h h h', 'contrary'],
  'bad/second-recovery-changes': ['v v h h u h h h', 'contrary'],
  'bad/silent-skip': ['h u v v u h v h', 'contrary'],
  'bad/slow-to-end': ['h u u h u v h h', 'contrary'],
  'bad/stuck': ['u u u u u v u u', 'contrary'],
  'unknown/orders-not-said': ['h u u h u h h u', 'inconclusive'],
  'unknown/fault-met-no-traffic': ['h u u h u h h h', 'inconclusive'],
  'unknown/given-up-silently': ['h u u h u h h h', 'inconclusive'],
  'unknown/guard-never-acted': ['h u h h u h h h', 'inconclusive'],
  'unknown/no-snapshot': ['u u u u u h u u', 'inconclusive'],
  'unknown/not-drained': ['u u u u u u u u', 'inconclusive'],
  'unknown/not-healed': ['h u h h u u h h', 'inconclusive'],
  'unknown/nothing-happened': ['u u u u u u u u', 'inconclusive'],
  'unknown/published-twice': ['h u u h u h h h', 'inconclusive'],
  'unknown/recovery-of-nothing': ['h u u h u h h h', 'inconclusive'],
  'unknown/repeat-not-marked': ['h u v h u h h h', 'inconclusive'],
  'unknown/stuck-unobserved': ['u u u u u v u u', 'inconclusive'],
};

function read(name: string): HistoryEvent[] {
  const lines = readFileSync(`${folder}/${name}.jsonl`, 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const { seq, t, cell, source, ...body } = JSON.parse(line) as HistoryEvent; // parsed just below
    return { seq, t, cell, source, ...eventBodySchema.parse(body) };
  });
}

function onlyCell(name: string) {
  const [cell, ...others] = splitCells(read(name));
  if (cell === undefined || others.length > 0) throw new Error(`${name} is not one cell`);
  return cell;
}

describe('every recorded history', () => {
  test('is listed with what is expected of it', () => {
    const files = globSync('{good,bad,unknown}/*.jsonl', { cwd: folder });
    const names = files.map((file) => file.replace(/\.jsonl$/, ''));
    expect(names.toSorted()).toEqual(Object.keys(expectations).toSorted());
  });

  test.each(Object.entries(expectations))('%s gets its findings', (name, [states, conclusion]) => {
    const cell = onlyCell(name);
    const snapshot: Snapshot =
      cell.events.findLast((event) => event.kind === 'snapshot')?.snapshot ?? noSnapshot;
    const found = Object.values(checkers).map((checker) => checkSafely(checker, cell, snapshot));
    expect(found.map(({ state }) => state[0]).join(' ')).toBe(states);
    expect(found.some((f) => f.state === 'unknown' && f.reason.includes('threw'))).toBe(false);
    expect(judgeCell(cell).conclusion).toBe(conclusion);
  });

  test.each(Object.keys(expectations))('%s names only events of its own as witnesses', (name) => {
    const cell = onlyCell(name);
    const seqs = new Set(cell.events.map(({ seq }) => seq));
    for (const { finding } of judgeCell(cell).findings) {
      if (finding.state !== 'violated') continue;
      for (const witness of finding.witnesses) {
        expect(witness.seqs.length).toBeGreaterThan(0);
        expect(witness.seqs).toEqual(witness.seqs.toSorted((a, b) => a - b));
        expect(witness.seqs.every((seq) => seqs.has(seq))).toBe(true);
      }
    }
  });
});

describe('the witness', () => {
  test('tells the story of a lost ack in one sentence', () => {
    const finding = judgeCell(onlyCell('bad/duplicate-rabbitmq')).findings[0]?.finding;
    expect(finding?.state === 'violated' && finding.witnesses[0]?.story).toBe(
      'job-0004: delivered to worker-1, effect by worker-1, ack lost (cut worker-1>rabbitmq), ' +
        'delivered again to worker-2, effect again by worker-2',
    );
  });

  test('contains publish, both deliveries, both effects, the lost ack, the fault and the snapshot', () => {
    const cell = onlyCell('bad/duplicate-rabbitmq');
    const finding = judgeCell(cell).findings[0]?.finding;
    const seqs = new Set(finding?.state === 'violated' ? finding.witnesses[0]?.seqs : []);
    const told = cell.events.flatMap((event) => {
      if (!seqs.has(event.seq)) return [];
      if (event.kind === 'wire') return [`${event.passage} ${event.means}`];
      return [event.kind === 'fault' ? `fault ${event.phase}` : event.kind];
    });
    expect(told).toEqual([
      'crossed publish',
      'crossed deliver',
      'crossed effect',
      'crossed effect-applied',
      'held settle',
      'fault on',
      'lost settle',
      'crossed deliver',
      'crossed effect',
      'crossed effect-applied',
      'snapshot',
    ]);
  });
});

describe('a whole grid', () => {
  test.each(['grid/fm-001-rabbitmq', 'grid/fm-001-bullmq'])(
    '%s proves the failure mode',
    (name) => {
      const { verdict, reasons } = judgeRun(read(name));
      expect({ verdict, reasons }).toEqual({ verdict: 'proven', reasons: [] });
    },
  );
});
