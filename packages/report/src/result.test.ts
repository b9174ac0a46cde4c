import { readFileSync } from 'node:fs';

import { judgeRun } from '@lab/invariants';
import { contraryGrid, mergeCells, scriptedRun, wholeGrid } from '@lab/invariants/scripted';
import { describe, expect, test } from 'vitest';

import { resultSchema, toResult } from './index.ts';
import { resultJsonSchema } from './result-json-schema.ts';

const history = mergeCells(wholeGrid('rabbitmq'), scriptedRun);
const result = toResult(scriptedRun, judgeRun(history), history);

describe('fm-result/1', () => {
  test('has its JSON Schema checked in as generated (pnpm --filter @lab/report schema)', () => {
    const checkedIn = readFileSync(
      `${import.meta.dirname}/../schema/fm-result-1.schema.json`,
      'utf8',
    );
    expect(JSON.parse(checkedIn)).toEqual(JSON.parse(resultJsonSchema()));
  });

  test('is strict', () => {
    expect(resultSchema.safeParse({ ...result, extra: 1 }).success).toBe(false);
    const [cell] = result.cells;
    expect(resultSchema.safeParse({ ...result, cells: [{ ...cell, extra: 1 }] }).success).toBe(
      false,
    );
  });

  test('says when a violation was complete: at the second effect, not at the snapshot that showed it', () => {
    const reproduce = result.cells.find(({ role }) => role === 'reproduce');
    const invariant = reproduce?.invariants.find(({ id }) => id === 'INV_001');
    const effects = history.filter(
      (event) =>
        event.kind === 'wire' &&
        event.cell === reproduce?.id &&
        event.means === 'effect-applied' &&
        event.keys?.[0] === 'job-0004',
    );
    expect(invariant?.firstAtMs).toBe(effects[1]?.t);
  });

  test.each([
    [wholeGrid('rabbitmq'), true],
    [contraryGrid(), false],
    [wholeGrid('rabbitmq').slice(1), null],
  ])('grades the run (%#)', (cells, ok) => {
    const events = mergeCells(cells, scriptedRun);
    expect(toResult(scriptedRun, judgeRun(events), events).ok).toBe(ok);
  });

  test('is the same for cells that started in another order', () => {
    const other = mergeCells(wholeGrid('rabbitmq').toReversed(), scriptedRun);
    const ids = toResult(scriptedRun, judgeRun(other), other).cells.map(({ role }) => role);
    expect(ids).toEqual(result.cells.map(({ role }) => role));
  });
});
