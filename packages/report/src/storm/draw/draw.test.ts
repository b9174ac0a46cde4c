/** What drawings are made of: markup that escapes, colours that can be read, labels that do not cover each other. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { markup, px } from './markup.ts';
import { palette } from './palette.ts';
import { apart } from './plot.ts';

describe('markup', () => {
  test('escapes text and leaves markup alone', () => {
    const inner = markup`<b>${'<i>&"'}</b>`;
    expect(markup`<p title="${'"'}">${inner}${[1, ' ', null]}</p>`.toString()).toBe(
      '<p title="&quot;"><b>&lt;i&gt;&amp;&quot;</b>1 </p>',
    );
  });

  test('refuses what is no number', () => {
    expect(() => px(Number.NaN)).toThrow(RangeError);
    expect(() => markup`${Number.POSITIVE_INFINITY}`).toThrow(RangeError);
  });
});

describe('the palette', () => {
  const inks = [
    'ink',
    'quiet',
    'good',
    'bad',
    'fault',
    'kind1',
    'kind2',
    'kind3',
    'kind4',
    'kind5',
  ] as const;
  const cases = (['light', 'dark'] as const).flatMap((theme) => [
    ...inks.map((ink) => [theme, ink, 'page', 5] as const),
    ...(['ink', 'quiet'] as const).map((ink) => [theme, ink, 'panel', 5] as const),
    [theme, 'fault', 'faultSoft', 5] as const,
    ...(['heat0', 'heat1', 'heat2', 'heat3'] as const).map(
      (heat) => [theme, 'heatInk', heat, 4.5] as const,
    ),
    [theme, 'heatInkStrong', 'heat4', 4.5] as const,
  ]);

  test.each(cases)('%s: %s on %s has a contrast of %d to 1', (theme, ink, ground, least) => {
    expect(contrast(palette[ink][theme], palette[ground][theme])).toBeGreaterThanOrEqual(least);
  });
});

test('labels keep their order and their distance, and stay within what there is', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 20 }), (wanted) => {
      const placed = apart(wanted, 17, 0, 400);
      const order = [...wanted.keys()].toSorted((a, b) => (wanted[a] ?? 0) - (wanted[b] ?? 0));
      const inOrder = order.map((index) => placed[index] ?? Number.NaN);
      const gaps = inOrder.slice(1).map((here, rank) => here - (inOrder[rank] ?? 0));
      expect(Math.max(0, ...inOrder)).toBeLessThanOrEqual(400);
      expect(Math.min(17, ...gaps)).toBeGreaterThanOrEqual(17 - 1e-9);
    }),
  );
});

/** WCAG 2: relative luminances. */
function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
