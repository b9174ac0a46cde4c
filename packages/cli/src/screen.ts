/**
 * What a run shows while it runs: on a terminal one live region below append-only lines, elsewhere plain lines
 * with the time elapsed at their start.
 */
import type { Progress } from '@lab/harness';
import { renderCellLine, renderDiscardedLine, type Style } from '@lab/report';

import { LiveRegion, type ScreenStream } from './live-region.ts';

export interface Screen extends Disposable {
  /** What is being done right now; on a terminal the next note takes its place. */
  note(text: string): void;
  /** A line that stays. */
  tell(text: string): void;
  progress(progress: Progress): void;
}

export interface ScreenOptions {
  readonly stream: ScreenStream;
  readonly style: Style;
  /** True shows nothing but what must be told. */
  readonly quiet: boolean;
  /** Ms, monotonic. */
  readonly clock?: () => number;
}

export function openScreen(options: ScreenOptions): Screen {
  if (options.quiet) return new QuietScreen(options);
  const live = options.stream.isTTY === true && process.env['TERM'] !== 'dumb';
  return live ? new LiveScreen(options) : new PlainScreen(options);
}

class QuietScreen implements Screen {
  readonly #stream: ScreenStream;

  constructor({ stream }: ScreenOptions) {
    this.#stream = stream;
  }

  note(): void {}
  progress(): void {}

  tell(text: string): void {
    this.#stream.write(`${text}\n`);
  }

  [Symbol.dispose](): void {}
}

class PlainScreen implements Screen {
  readonly #options: ScreenOptions;
  readonly #clock: () => number;
  readonly #start: number;

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#start = this.#clock();
  }

  note(text: string): void {
    this.tell(text);
  }

  tell(text: string): void {
    const elapsed = ((this.#clock() - this.#start) / 1000).toFixed(1).padStart(6);
    this.#options.stream.write(`${elapsed}s  ${text.trimEnd().replaceAll('\n', '\n         ')}\n`);
  }

  progress(progress: Progress): void {
    const line = lineOf(progress, this.#options.style);
    if (line !== null) this.tell(line);
  }

  [Symbol.dispose](): void {}
}

class LiveScreen implements Screen {
  readonly #style: Style;
  readonly #region: LiveRegion;
  readonly #clock: () => number;
  readonly #start: number;
  readonly #running = new Map<string, { phase: string; fault: string }>();
  #note = 'looking for brokers';
  #total = 0;
  #done = 0;

  constructor(options: ScreenOptions) {
    this.#style = options.style;
    this.#clock = options.clock ?? (() => performance.now());
    this.#start = this.#clock();
    this.#region = new LiveRegion(options.stream, () => this.#lines());
  }

  note(text: string): void {
    this.#note = text;
  }

  tell(text: string): void {
    this.#region.above(text);
  }

  progress(progress: Progress): void {
    const line = lineOf(progress, this.#style);
    if (line !== null) this.tell(line);
    switch (progress.kind) {
      case 'begun':
        this.#total += progress.specs.length;
        break;
      case 'phase':
        this.#running.set(progress.spec.id, { phase: progress.phase, fault: '' });
        break;
      case 'event': {
        const cell = this.#running.get(progress.cell);
        const { event } = progress;
        if (cell !== undefined && event.kind === 'fault') {
          cell.fault =
            { on: event.label, off: 'healed', 'not-healed': 'NOT HEALED' }[event.phase as string] ??
            cell.fault; // the other phases pass too fast to be read
        }
        break;
      }
      case 'cell':
        this.#running.delete(progress.spec.id);
        this.#done += 1;
        break;
      case 'discarded':
        this.#running.delete(progress.spec.id);
        break;
    }
  }

  #lines(): string[] {
    const now = this.#clock();
    const spinner = this.#style.unicode ? '◐◓◑◒' : '-\\|/';
    const turn = spinner[Math.floor(now / 100) % spinner.length] ?? '';
    const elapsed = ((now - this.#start) / 1000).toFixed(1);
    const what = this.#total === 0 ? this.#note : `${this.#done} of ${this.#total} cells`;
    return [
      `${turn} ${elapsed} s  ${what}`,
      ...[...this.#running].map(([id, { phase, fault }]) =>
        `    ${id.padEnd(36)} ${phase.padEnd(13)} ${fault}`.trimEnd(),
      ),
    ];
  }

  [Symbol.dispose](): void {
    this.#region[Symbol.dispose]();
  }
}

/** What is worth a line that stays, or null. A cell that was broken off has nothing to say. */
function lineOf(progress: Progress, style: Style): string | null {
  switch (progress.kind) {
    case 'begun': {
      const { header, specs } = progress;
      const cells = `${specs.length} cell${specs.length === 1 ? '' : 's'}`;
      return `${header.failureMode}  ${cells}, seed ${header.seed}, ${header.runtime}, faults by ${header.faultsBy}`;
    }
    case 'cell':
      return progress.judgement.ending.startsWith('aborted')
        ? null
        : renderCellLine(progress.judgement, style);
    case 'discarded':
      return renderDiscardedLine(progress.judgement, style);
    case 'phase':
    case 'event':
      return null;
  }
}
