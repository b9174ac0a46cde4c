/** The closing tables: they fit, they say the same without colour, and no name in a result moves the cursor. */
import { describe, expect, test } from 'vitest';

import { renderStormTables } from './terminal.ts';
import { fullResult, smallResult } from './testing/scripted-result.ts';

const golden = `${import.meta.dirname}/../../golden/storm`;
const wide = { color: false, unicode: true, width: 100 };
const narrow = { color: false, unicode: false, width: 80 };

test('a full result is rendered byte for byte', async () => {
  await expect(renderStormTables(fullResult(), wide)).toMatchFileSnapshot(
    `${golden}/tables.txt.golden`,
  );
});

describe.each([
  ['small', smallResult()],
  ['full', fullResult()],
  ['empty', { ...smallResult(), cells: [] }],
])('%s', (_, result) => {
  test.each([wide, narrow])('fits $width columns and ends no line in a blank', (style) => {
    const lines = renderStormTables(result, style).split('\n');
    expect(Math.max(...lines.map((line) => Array.from(line).length))).toBeLessThanOrEqual(
      style.width,
    );
    expect(lines.filter((line) => /\s$/.test(line))).toEqual([]);
  });

  test('draws ASCII alone where there is no Unicode', () => {
    expect(renderStormTables(result, narrow)).toMatch(/^[\u0020-\u007E\n]*$/);
  });

  test('says the same with colour as without', () => {
    const colored = renderStormTables(result, { ...wide, color: true });
    // oxlint-disable-next-line no-control-regex -- colour codes are what is taken off
    expect(colored.replaceAll(/\u001B\[\d+m/g, '')).toBe(renderStormTables(result, wide));
  });
});

test('a policy name full of control characters moves no cursor', () => {
  const result = smallResult();
  const evil = 'x\u001B[2J\u202E\n';
  const text = renderStormTables(
    {
      ...result,
      cells: result.cells.map((cell) => ({
        ...cell,
        setting: { ...cell.setting, policy: cell.setting.policy + evil },
      })),
    },
    wide,
  );
  expect(text).toContain('\\x1b');
  expect(/[\p{Cc}\u202E]/u.test(text.replaceAll('\n', ''))).toBe(false);
});
