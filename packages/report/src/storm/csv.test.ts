/** The CSV: a line a cell, readable by any reader of RFC 4180, and no cell of it a formula. */
import { expect, test } from 'vitest';

import { renderStormCsv } from './csv.ts';
import { fullResult, smallResult } from './testing/scripted-result.ts';

const golden = `${import.meta.dirname}/../../golden/storm`;

test('a small result is rendered byte for byte', async () => {
  await expect(renderStormCsv(smallResult())).toMatchFileSnapshot(`${golden}/cells.csv.golden`);
});

test('has a header and a line for every cell, all of one width', () => {
  const result = fullResult();
  const rows = read(renderStormCsv(result));
  expect(rows).toHaveLength(result.cells.length + 1);
  expect(new Set(rows.map((row) => row.length)).size).toBe(1);
  expect(new Set(rows[0]).size).toBe(rows[0]?.length);
});

test('has every parameter of the setting under its own name', () => {
  const [header = []] = read(renderStormCsv(smallResult()));
  const [cell] = smallResult().cells;
  expect(header).toEqual(expect.arrayContaining(Object.keys(cell?.setting ?? {})));
  expect(header).toEqual(
    expect.arrayContaining(['verdict', 'model.verdict', 'law.verdict', 'gatesFailed', 'rho']),
  );
});

test('what would break a line or a cell comes back as it was', () => {
  const result = smallResult();
  const evil = 'a "quoted", name\r\nover two lines';
  const [header = [], first = []] = read(
    renderStormCsv({ ...result, cells: result.cells.map((cell) => ({ ...cell, ending: evil })) }),
  );
  expect(first[header.indexOf('ending')]).toBe(evil);
});

test.each(['=1+1', '+1', '-1', '@x', '\tx'])('a text %j is no formula', (ending) => {
  const result = smallResult();
  const [header = [], first = []] = read(
    renderStormCsv({ ...result, cells: result.cells.map((cell) => ({ ...cell, ending })) }),
  );
  expect(first[header.indexOf('ending')]).toBe(`'${ending}`);
});

test('a cell that did not complete has no measured numbers, and its predictions', () => {
  const result = smallResult();
  const [header = [], first = []] = read(
    renderStormCsv({ ...result, cells: result.cells.map((cell) => ({ ...cell, measured: null })) }),
  );
  expect(first[header.indexOf('verdict')]).toBe('');
  expect(first[header.indexOf('model.verdict')]).not.toBe('');
});

/** RFC 4180, every line ended by CRLF. */
function read(csv: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (const [, quoted, bare, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/g)) {
    row.push(quoted === undefined ? (bare ?? '') : quoted.replaceAll('""', '"'));
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  expect(csv.endsWith('\r\n')).toBe(true);
  return rows;
}
