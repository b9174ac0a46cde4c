import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { observationTable } from './observations.ts';

/** Cells without the padding that the formatter gives them. */
const cellsOf = (markdown: string): string[][] =>
  markdown
    .split('\n')
    .filter((line) => line.startsWith('|') && !line.startsWith('| ---'))
    .map((line) => line.split('|').map((cell) => cell.trim()));

it('README.md shows the table that the conformance suite checks', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const [, shown] = /<!-- observations -->([^]*?)<!-- \/observations -->/.exec(readme) ?? [];
  expect(cellsOf(shown ?? '')).toEqual(cellsOf(observationTable()));
});
