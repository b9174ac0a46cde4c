/** Glyphs and colours. Colour only repeats what a glyph and a word already say. */
import picocolors from 'picocolors';

import type { Style } from './style.ts';

interface Glyphs {
  readonly holds: string;
  readonly violated: string;
  /** Not as expected; an expected violation must not look like it. */
  readonly wrong: string;
  readonly unknown: string;
  readonly arrow: string;
  readonly stopped: string;
  readonly lost: string;
  readonly rule: string;
  readonly heavyRule: string;
  readonly dot: string;
  readonly dash: string;
  readonly mark: string;
}

const unicodeGlyphs: Glyphs = {
  holds: '✓',
  violated: '✕',
  wrong: '✕',
  unknown: '?',
  arrow: '──▶',
  stopped: '──┤',
  lost: '──✕',
  rule: '─',
  heavyRule: '━',
  dot: '·',
  dash: '–',
  mark: '◀',
};

const asciiGlyphs: Glyphs = {
  holds: 'ok',
  violated: 'x',
  wrong: 'FAIL',
  unknown: '?',
  arrow: '-->',
  stopped: '--|',
  lost: '--x',
  rule: '-',
  heavyRule: '=',
  dot: '-',
  dash: '-',
  mark: '<--',
};

export type Ink = (text: string) => string;

/** What a piece of text means; the one place where meanings get colours. */
interface Inks {
  readonly good: Ink;
  /** A violation that was expected: calm, not alarming. */
  readonly expectedViolation: Ink;
  /** A violation, or its absence, that nobody expected. */
  readonly alarm: Ink;
  readonly doubt: Ink;
  readonly quiet: Ink;
  readonly strong: Ink;
  readonly fault: Ink;
  /** Whole banners. */
  readonly goodBanner: Ink;
  readonly alarmBanner: Ink;
  readonly doubtBanner: Ink;
}

export interface Pen extends Style, Glyphs, Inks {}

export function penOf(style: Style): Pen {
  const c = picocolors.createColors(style.color);
  return {
    ...style,
    ...(style.unicode ? unicodeGlyphs : asciiGlyphs),
    good: c.green,
    expectedViolation: c.magenta,
    alarm: (text) => c.bold(c.red(text)),
    doubt: (text) => c.bold(c.yellow(text)),
    quiet: c.dim,
    strong: c.bold,
    fault: c.yellow,
    goodBanner: (text) => c.bold(c.inverse(c.green(text))),
    alarmBanner: (text) => c.bold(c.inverse(c.red(text))),
    doubtBanner: (text) => c.bold(c.inverse(c.yellow(text))),
  };
}
