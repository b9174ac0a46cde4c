/** A row of numbers as a row of bars one character high. */
import type { Style } from './style.ts';

const bars = '▁▂▃▄▅▆▇█';
const asciiBars = '_.:-=+*#';

/**
 * @param top the value of the highest bar; higher ones are cut
 * @param width most characters; a longer row is drawn with the mean of neighbours
 */
export function sparkline(
  values: readonly number[],
  top: number,
  width: number,
  { unicode }: Pick<Style, 'unicode'>,
): string {
  const glyphs = unicode ? bars : asciiBars;
  return fitted(values, width)
    .map((value) => glyphs[levelOf(value, top)] ?? '')
    .join('');
}

/** Nought is the lowest bar and nothing else is: what is there at all is seen. */
function levelOf(value: number, top: number): number {
  if (!(value > 0) || !(top > 0)) return 0;
  return Math.min(7, Math.max(1, Math.round((value / top) * 7)));
}

/** So many neighbours in one that the row fits; the last group may be smaller. */
export function fitted(values: readonly number[], width: number): number[] {
  const together = Math.max(1, Math.ceil(values.length / Math.max(1, width)));
  return Array.from({ length: Math.ceil(values.length / together) }, (_, group) => {
    const members = values.slice(group * together, (group + 1) * together);
    return members.reduce((sum, value) => sum + value, 0) / members.length;
  });
}
