/** How text may look. Decided once, at the edge, and passed down; no renderer looks at the environment. */

export interface Style {
  readonly color: boolean;
  /** False draws with ASCII alone. */
  readonly unicode: boolean;
  /** Columns. */
  readonly width: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Colour in this order: flag, `NO_COLOR` non-empty, `FORCE_COLOR`, `TERM=dumb`, terminal or not. Libraries
 * disagree on several of these combinations, so none is asked.
 * @param flag `--color` (true), `--no-color` (false), or neither
 */
export function decideStyle(
  env: Environment,
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  flag?: boolean,
): Style {
  return {
    color: flag ?? colorByEnvironment(env, stream.isTTY === true),
    unicode: isUnicode(env),
    width: Math.min(widest, Math.max(narrowest, stream.columns ?? widthOfAFile)),
  };
}

const narrowest = 80;
const widest = 120;
/** Where there is no terminal to measure: a log file, a pipe. */
const widthOfAFile = 100;

function colorByEnvironment(env: Environment, isTerminal: boolean): boolean {
  if (isSet(env['NO_COLOR'])) return false;
  const forced = env['FORCE_COLOR'];
  if (isSet(forced)) return forced !== '0' && forced !== 'false';
  if (env['TERM'] === 'dumb') return false;
  return isTerminal;
}

/** As in POSIX, the first of these three that is set names the character set. The Linux console has few glyphs. */
function isUnicode(env: Environment): boolean {
  if (env['TERM'] === 'linux') return false;
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((value) => isSet(value));
  return /utf-?8/i.test(locale ?? '');
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}
