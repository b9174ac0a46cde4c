/** A verdict as a glyph: stuck is a filled square, recovered an open circle, draining a filled one, undecided a triangle. */
import type { LoadVerdict } from '@lab/storm';

import { mark } from './draw/marks.ts';
import { markup, type Markup } from './draw/markup.ts';

/** In a drawing. */
export function verdictPoint(verdict: LoadVerdict, x: number, y: number): Markup {
  switch (verdict) {
    case 'stuck':
      return mark('square', x, y, 'bad');
    case 'recovered':
      return mark('circle', x, y, 'good', true);
    case 'draining':
      return mark('circle', x, y, 'good');
    case 'undecided':
      return mark('triangle', x, y, 'quiet');
  }
}

/** In a line of text; the words stand beside it, so it needs no name. */
export function verdictMark(verdict: LoadVerdict): Markup {
  return markup`<svg class="glyph" aria-hidden="true" width="14" height="14" viewBox="0 0 14 14">${verdictPoint(verdict, 7, 7)}</svg>`;
}
