/**
 * What a run shows while it runs. On a terminal one live region below append-only lines, redrawn at most ten
 * times a second; elsewhere plain lines with the time elapsed at their start.
 */
import type { CellSpec } from '@lab/contract';
import type { Progress } from '@lab/harness';
import { renderCellLine, type Style } from '@lab/report';

export interface Screen extends Disposable {
  note(text: string): void;
  progress(progress: Progress): void;
}

export interface ScreenOptions {
  readonly stream: NodeJS.WriteStream;
  readonly style: Style;
  /** True shows nothing but the end. */
  readonly quiet: boolean;
}

export function openScreen(options: ScreenOptions): Screen {
  if (options.quiet) return { note: ignore, progress: ignore, [Symbol.dispose]: ignore };
  const live = options.stream.isTTY && process.env['TERM'] !== 'dumb';
  return live ? new LiveScreen(options) : new PlainScreen(options);
}

const ignore = (): void => undefined;

const redrawEveryMs = 100;

class PlainScreen implements Screen {
  readonly #options: ScreenOptions;
  readonly #start = performance.now();

  constructor(options: ScreenOptions) {
    this.#options = options;
  }

  note(text: string): void {
    this.#line(text);
  }

  progress(progress: Progress): void {
    if (progress.kind === 'begun') this.#line(title(progress));
    if (progress.kind === 'cell')
      this.#line(renderCellLine(progress.judgement, this.#options.style));
  }

  #line(text: string): void {
    const elapsed = ((performance.now() - this.#start) / 1000).toFixed(1).padStart(6);
    this.#options.stream.write(`${elapsed}s  ${text.trimEnd().replaceAll('\n', '\n         ')}\n`);
  }

  [Symbol.dispose](): void {}
}

class LiveScreen implements Screen {
  readonly #options: ScreenOptions;
  readonly #start = performance.now();
  readonly #running = new Map<string, { spec: CellSpec; phase: string }>();
  readonly #timer: NodeJS.Timeout;
  #waiting = 'looking for brokers';
  #total = 0;
  #done = 0;
  #drawn = 0;

  constructor(options: ScreenOptions) {
    this.#options = options;
    options.stream.write('\u001B[?25l');
    this.#timer = setInterval(() => this.#draw(), redrawEveryMs);
    this.#draw();
  }

  note(text: string): void {
    this.#waiting = text;
    this.#draw();
  }

  progress(progress: Progress): void {
    switch (progress.kind) {
      case 'begun':
        this.#total = progress.specs.length;
        this.#above(title(progress));
        break;
      case 'phase':
        this.#running.set(progress.spec.id, progress);
        break;
      case 'cell':
        this.#running.delete(progress.spec.id);
        this.#done += 1;
        this.#above(renderCellLine(progress.judgement, this.#options.style));
        break;
      case 'event':
        break;
    }
  }

  /** Writes lines that stay, above the live region. */
  #above(text: string): void {
    this.#erase();
    this.#options.stream.write(`${text.trimEnd()}\n`);
    this.#draw();
  }

  #draw(): void {
    const { style, stream } = this.#options;
    const elapsed = ((performance.now() - this.#start) / 1000).toFixed(1);
    const spinner = style.unicode ? '◐◓◑◒' : '-\\|/';
    const turn = spinner[Math.floor(performance.now() / redrawEveryMs) % spinner.length] ?? '';
    const head =
      this.#total === 0
        ? `${turn} ${elapsed} s  ${this.#waiting}`
        : `${turn} ${elapsed} s  ${this.#done} of ${this.#total} cells`;
    const cells = [...this.#running.values()].map(
      ({ spec, phase }) => `    ${spec.id.padEnd(36)} ${phase}`,
    );
    const lines = [head, ...cells].map((line) => line.slice(0, style.width - 1));
    this.#erase();
    stream.write(`${lines.join('\n')}\n`);
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#options.stream.write(`\u001B[${this.#drawn}A\u001B[0J`);
    this.#drawn = 0;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#erase();
    this.#options.stream.write('\u001B[?25h');
  }
}

function title({ header, specs }: Extract<Progress, { kind: 'begun' }>): string {
  return `${header.failureMode}  ${specs.length} cells, seed ${header.seed}, ${header.runtime}, faults by ${header.faultsBy}`;
}
