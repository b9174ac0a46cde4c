/**
 * A few lines at the bottom of a terminal that are drawn again and again, below lines that stay. Everything is
 * written by one timer, in one piece, at most ten times a second; the cursor is hidden meanwhile and shown
 * again however the program ends.
 */
export interface ScreenStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

const redrawEveryMs = 100;

const hideCursor = '\u001B[?25l';
const showCursor = '\u001B[?25h';
/** A line of at most so many columns: what colours it has takes none, and ends with the line. */
function cutTo(line: string, columns: number): string {
  let left = columns;
  let shown = '';
  // oxlint-disable-next-line no-control-regex -- control sequences are what is told apart here
  for (const [part] of line.matchAll(/\u001B\[[\d;]*m|[^]/gu)) {
    if (!part.startsWith('\u001B')) left -= 1;
    if (left < 0) return line.includes('\u001B') ? `${shown}\u001B[0m` : shown;
    shown += part;
  }
  return shown;
}

/** Everything from `count` lines up to the end of the screen; a `^C` may stand where the cursor is. */
const eraseUp = (count: number): string => (count === 0 ? '' : `\r\u001B[${count}A\u001B[0J`);

export class LiveRegion implements Disposable {
  readonly #stream: ScreenStream;
  readonly #lines: () => readonly string[];
  readonly #timer: NodeJS.Timeout;
  /** Lines that stay, to be written with the next redraw. */
  #waiting = '';
  #drawn = 0;
  #closed = false;

  /** @param lines what the region shows now; cut to the terminal's width and height. */
  constructor(stream: ScreenStream, lines: () => readonly string[]) {
    this.#stream = stream;
    this.#lines = lines;
    process.once('exit', this.#close);
    stream.write(hideCursor);
    this.#draw();
    this.#timer = setInterval(() => this.#draw(), redrawEveryMs);
  }

  /** Adds lines that stay, above the region. */
  above(text: string): void {
    if (this.#closed) this.#stream.write(`${text.trimEnd()}\n`);
    else this.#waiting += `${text.trimEnd()}\n`;
  }

  #draw(): void {
    const { columns = 80, rows = 24 } = this.#stream;
    const lines = this.#lines()
      .slice(0, Math.max(1, rows - 1))
      .map((line) => cutTo(line, columns - 1));
    this.#stream.write(
      `${eraseUp(this.#drawn)}${this.#takeWaiting()}${lines.map((line) => `${line}\n`).join('')}`,
    );
    this.#drawn = lines.length;
  }

  #takeWaiting(): string {
    const text = this.#waiting;
    this.#waiting = '';
    return text;
  }

  readonly #close = (): void => {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    process.off('exit', this.#close);
    this.#stream.write(`${eraseUp(this.#drawn)}${this.#takeWaiting()}${showCursor}`);
  };

  /** Erases the region and shows the cursor; what stays, stays. Idempotent. */
  [Symbol.dispose](): void {
    this.#close();
  }
}
