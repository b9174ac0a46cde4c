import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { allVisible, joined, visible, widthOf, wrap } from './text.ts';

describe('visible', () => {
  test('shows control characters instead of obeying them', () => {
    expect(visible('a\u001B[31mb\r\nc\u0007\u009B2J')).toBe('a\\x1b[31mb\\x0d\\x0ac\\x07\\x9b2J');
  });

  test('shows what would turn the direction of writing', () => {
    expect(visible('a\u202Eb')).toBe('a\\u202eb');
  });

  test('reaches every string of a value', () => {
    expect(allVisible({ a: ['x\u001B'], b: { c: 'y\u0000', d: 1, e: null } })).toEqual({
      a: ['x\\x1b'],
      b: { c: 'y\\x00', d: 1, e: null },
    });
  });
});

describe('wrap', () => {
  test('never exceeds the width and loses no word', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1 })),
        fc.integer({ min: 1, max: 40 }),
        (words, width) => {
          const text = words.map((word) => word.replaceAll(/\s/g, '_')).join(' ');
          const lines = wrap(text, width);
          expect(lines.every((line) => widthOf(line) <= width)).toBe(true);
          expect(lines.join('').replaceAll(' ', '')).toBe(text.replaceAll(' ', ''));
        },
      ),
    );
  });

  test('breaks between items, not inside them', () => {
    expect(wrap(joined(['one frame held', 'two lost'], '·'), 17)).toEqual([
      'one frame held ·',
      'two lost',
    ]);
  });
});
