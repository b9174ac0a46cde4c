/**
 * What `fm bench storm` shows while it runs. On a terminal a live region: a table, or for the demonstration bars that
 * grow. Elsewhere a line for every cell that ended, with the time elapsed before it.
 */
import type { StormProgress } from '@lab/bench';
import {
  renderStormCellLine,
  renderStormDemo,
  renderStormDoubt,
  renderStormLive,
  stormClock,
  type Style,
} from '@lab/report';

import { LiveRegion, type ScreenStream } from '../live-region.ts';
import type { StormTracker } from './storm-tracker.ts';

export interface StormScreen extends Disposable {
  /** What is being done right now; on a terminal the next note takes its place. */
  note(text: string): void;
  /** A line that stays. */
  tell(text: string): void;
  progress(progress: StormProgress): void;
}

export interface StormScreenOptions {
  readonly stream: ScreenStream;
  readonly style: Style;
  readonly tracker: StormTracker;
  readonly view: 'table' | 'demo';
  readonly quiet: boolean;
  /** Ms, monotonic. */
  readonly clock?: () => number;
}

export function openStormScreen(options: StormScreenOptions): StormScreen {
  const live = options.stream.isTTY === true && process.env['TERM'] !== 'dumb' && !options.quiet;
  return live ? new LiveStorm(options) : new PlainStorm(options);
}

class LiveStorm implements StormScreen {
  readonly #options: StormScreenOptions;
  readonly #region: LiveRegion;

  constructor(options: StormScreenOptions) {
    this.#options = options;
    this.#region = new LiveRegion(options.stream, () => this.#lines());
  }

  note(text: string): void {
    this.#options.tracker.note = text;
  }

  tell(text: string): void {
    this.#region.above(text);
  }

  progress(progress: StormProgress): void {
    const { tracker, style, view } = this.#options;
    tracker.see(progress);
    if (progress.kind === 'calibrated') this.tell(calibrationLine(progress));
    if (progress.kind !== 'ended' || view === 'demo') return; // whose verdicts say it
    const doubt = renderStormDoubt(progress.cell, style);
    if (doubt !== null) this.tell(doubt);
  }

  #lines(): string[] {
    const { stream, style, tracker, view } = this.#options;
    const { columns = 80, rows = 24 } = stream;
    return view === 'demo'
      ? renderStormDemo(tracker.demo(), style, columns)
      : renderStormLive(tracker.live(), style, rows - 1);
  }

  [Symbol.dispose](): void {
    this.#region[Symbol.dispose]();
  }
}

/** How often the time left is told where nothing is redrawn, ms. */
const tellLeftEveryMs = 30_000;

class PlainStorm implements StormScreen {
  readonly #options: StormScreenOptions;
  readonly #clock: () => number;
  readonly #start: number;
  #toldLeft: number;

  constructor(options: StormScreenOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#start = this.#clock();
    this.#toldLeft = this.#start;
  }

  note(text: string): void {
    if (!this.#options.quiet) this.tell(text);
  }

  tell(text: string): void {
    const elapsed = ((this.#clock() - this.#start) / 1000).toFixed(1).padStart(7);
    this.#options.stream.write(
      `${elapsed}s  ${text.trimEnd().replaceAll('\n', `\n${' '.repeat(10)}`)}\n`,
    );
  }

  progress(progress: StormProgress): void {
    const { tracker, style } = this.#options;
    tracker.see(progress);
    if (progress.kind === 'calibrating' && tracker.note !== null) this.note(tracker.note);
    if (progress.kind === 'calibrated') this.note(calibrationLine(progress));
    if (progress.kind === 'ended') this.note(renderStormCellLine(progress.cell, style));
    if (progress.kind === 'event' && this.#options.view === 'demo') this.#followFault(progress);
    if (this.#clock() - this.#toldLeft < tellLeftEveryMs) return;
    this.#toldLeft = this.#clock();
    const { done, planned, leftMs } = tracker.live();
    if (done < planned && leftMs >= 1000) {
      this.note(`${done} of ${planned} cells, about ${stormClock(leftMs)} left`);
    }
  }

  /** A few cells only: there is room to say when each one's trigger comes and goes. */
  #followFault({ cell, event }: Extract<StormProgress, { readonly kind: 'event' }>): void {
    if (event.kind !== 'fault') return;
    if (event.phase === 'on') this.note(`${cell}: ${event.label}`);
    if (event.phase === 'off') this.note(`${cell}: ${event.label} is over`);
  }

  [Symbol.dispose](): void {}
}

function calibrationLine({
  calibration,
}: Extract<StormProgress, { readonly kind: 'calibrated' }>): string {
  const { topology, transport, nominalPerS, capacityPerS, sideBySide } = calibration;
  const share = ((100 * capacityPerS) / nominalPerS).toFixed(1);
  return `capacity of ${topology} on ${transport}: ${capacityPerS.toFixed(1)} requests/s, ${share} % of nominal ${nominalPerS.toFixed(0)}, ${sideBySide} side by side`;
}
