/** `fm doctor` on a terminal: which runtime would be used and why, what is there, what mends what is missing. */
import { penOf, type Pen } from './pen.ts';
import type { Style } from './style.ts';
import { allVisible, pad, widthOf, wrap } from './text.ts';

/** What was looked for and found. Plain data of this shape, whoever collected it. */
export interface DoctorView {
  readonly usable: boolean;
  /** The runtime that would be used; null when none. */
  readonly runtime: string | null;
  readonly why: string;
  readonly checks: readonly {
    readonly name: string;
    /** Which runtime it serves; null for what all need. */
    readonly runtime: string | null;
    readonly state: 'ok' | 'missing' | 'optional';
    readonly found: string;
    /** The command that mends it; null when there is nothing to mend. */
    readonly mend: string | null;
  }[];
}

/** Checks grouped by the runtime they serve, the choice at the end. Ends in a newline. */
export function renderDoctor(view: DoctorView, style: Style): string {
  const pen = penOf(style);
  const { usable, runtime, why, checks } = allVisible(view);
  const names = Math.max(0, ...checks.map(({ name }) => widthOf(name)));
  const groups = Map.groupBy(checks, (check) => check.runtime ?? 'every runtime');
  const choice = usable
    ? `${pen.goodBanner(` ${pen.holds} READY `)}  runtime ${pen.strong(runtime ?? 'none')}`
    : pen.alarmBanner(` ${pen.wrong} NOT READY `);
  const lines = [
    ...[...groups].flatMap(([name, members]) => [
      pen.strong(name),
      ...members.flatMap((check) => drawCheck(check, names, pen)),
      '',
    ]),
    choice,
    ...wrap(why, pen.width - 2).map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

function drawCheck(check: DoctorView['checks'][number], names: number, pen: Pen): string[] {
  const { word, ink } = {
    ok: { word: pen.unicode ? `${pen.holds} ok` : 'ok', ink: pen.good },
    missing: { word: `${pen.wrong} missing`, ink: pen.alarm },
    optional: { word: `${pen.unknown} optional`, ink: pen.doubt },
  }[check.state];
  const start = `  ${pad(word, 12)}  ${pad(check.name, names)}  `;
  const margin = ' '.repeat(widthOf(start));
  const found = wrap(check.found, Math.max(20, pen.width - widthOf(start)));
  return [
    `  ${ink(pad(word, 12))}  ${pad(check.name, names)}  ${found[0] ?? ''}`.trimEnd(),
    ...found.slice(1).map((line) => margin + line),
    ...(check.mend === null ? [] : [`${margin}mend: ${pen.strong(check.mend)}`]),
  ];
}
