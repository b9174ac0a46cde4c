/**
 * Holds: named frames at which a link stops. A hold is armed, then reached (the frame stands at the
 * gate and everything behind it in its direction waits), then released; or cancelled before.
 */
import type { Meaning, WireEvent } from '@lab/contract';

import type { Direction } from '../conversation.ts';

/** Which frame. All that is given must fit; `nth` counts the fitting ones over all connections. */
export interface FramePoint {
  readonly direction: Direction;
  /** e.g. `basic.ack`, `EVALSHA moveToFinished`, `reply EVALSHA addStandardJob`. */
  readonly frame?: string;
  readonly means?: Meaning;
  /** Business key among the event's keys. */
  readonly key?: string;
  /** From 1, the default, counted since the hold was armed. */
  readonly nth?: number;
  readonly where?: (event: WireEvent) => boolean;
}

export interface Hold {
  /** Resolves with the held frame's event; rejects if the hold is cancelled or the link closes first. */
  readonly reached: Promise<WireEvent>;
  /** The held frame's event once reached. */
  readonly event: WireEvent | undefined;
  /** Lets everything held go, in order; before it is reached, disarms. Idempotent. */
  release(): void;
  /**
   * Loses the held frame, and never it alone: TCP does not. Resolves when it is done, with what was done. What was
   * swallowed may be struck again, to end its connection. @throws when no frame is held.
   */
  strike(how: Strike): Promise<string>;
  /** Disarms if not reached; has no effect afterwards. */
  cancel(): void;
}

/**
 * How a held frame is lost. `cut`: its connection ends with FIN at both ends. `reset`: with RST at both. `swallow`: the
 * connection stays, and the frame and all behind it in its direction fall on the ground until it ends.
 */
export type Strike = 'cut' | 'reset' | 'swallow';

/** What becomes of a frame that stands. */
interface Standing {
  /** It may go, as far as this hold is concerned. */
  release(): void;
  strike(how: Strike): Promise<string>;
}

/** One hold as the lanes see it. */
export interface ArmedHold {
  /** Counts the event and says whether the frame must stop here. */
  stopsAt(event: WireEvent): boolean;
  /** The frame stands; one of what it takes is called once. */
  reach(event: WireEvent, frame: Standing): void;
}

/** All holds of one link. */
export interface HoldBoard {
  arm(point: FramePoint): Hold;
  /** Armed and not yet reached, for one direction. */
  armed(direction: Direction): readonly ArmedHold[];
  /** Rejects what was not reached, releases what was. */
  close(): void;
}

/** @param onDisarmed called when a direction has one armed hold less, by reaching, release or cancel. */
export function holdBoard(link: string, onDisarmed: (direction: Direction) => void): HoldBoard {
  const armed: Record<Direction, HeldPoint[]> = { up: [], down: [] };
  const all = new Set<HeldPoint>();

  return {
    arm(point) {
      const hold = new HeldPoint(link, point, () => {
        armed[point.direction] = armed[point.direction].filter((other) => other !== hold);
        onDisarmed(point.direction);
      });
      armed[point.direction] = [...armed[point.direction], hold];
      all.add(hold);
      return hold;
    },
    armed: (direction) => armed[direction],
    close() {
      for (const hold of all) hold.end(`link ${link} closed`);
    },
  };
}

class HeldPoint implements Hold, ArmedHold {
  readonly reached: Promise<WireEvent>;
  readonly #point: FramePoint;
  readonly #link: string;
  readonly #onDisarmed: () => void;
  readonly #settle: PromiseWithResolvers<WireEvent> = Promise.withResolvers();
  #state: 'armed' | 'reached' | 'swallowed' | 'done' = 'armed';
  #seen = 0;
  #event: WireEvent | undefined;
  #frame: Standing | undefined;

  constructor(link: string, point: FramePoint, onDisarmed: () => void) {
    this.#link = link;
    this.#point = point;
    this.#onDisarmed = onDisarmed;
    this.reached = this.#settle.promise;
    this.reached.catch(() => undefined); // a hold nobody waits for may be cancelled in silence
  }

  get event(): WireEvent | undefined {
    return this.#event;
  }

  stopsAt(event: WireEvent): boolean {
    const { frame, means, key, nth = 1, where } = this.#point;
    if (frame !== undefined && event.frame !== frame) return false;
    if (means !== undefined && event.means !== means) return false;
    if (key !== undefined && event.keys?.includes(key) !== true) return false;
    if (where !== undefined && !where(event)) return false;
    this.#seen += 1;
    return this.#seen === nth;
  }

  reach(event: WireEvent, frame: Standing): void {
    this.#state = 'reached';
    this.#event = event;
    this.#frame = frame;
    this.#onDisarmed();
    this.#settle.resolve(event);
  }

  release(): void {
    if (this.#state === 'reached') {
      this.#state = 'done';
      this.#frame?.release();
    } else {
      this.cancel();
    }
  }

  async strike(how: Strike): Promise<string> {
    if ((this.#state !== 'reached' && this.#state !== 'swallowed') || this.#frame === undefined) {
      const state = this.#state === 'armed' ? 'has not come yet' : 'is held no more';
      throw new Error(`${this.#link}: ${describePoint(this.#point)} ${state}, nothing to ${how}`);
    }
    this.#state = how === 'swallow' ? 'swallowed' : 'done';
    return this.#frame.strike(how);
  }

  cancel(): void {
    if (this.#state === 'armed') this.end('it was cancelled');
  }

  end(why: string): void {
    if (this.#state === 'reached') return this.release();
    if (this.#state !== 'armed') return;
    this.#state = 'done';
    this.#settle.reject(new HoldNotReachedError(this.#link, this.#point, this.#seen, why));
    this.#onDisarmed();
  }
}

/** The frame never came. */
export class HoldNotReachedError extends Error {
  override readonly name = 'HoldNotReachedError';

  constructor(link: string, point: FramePoint, seen: number, why: string) {
    super(
      `${link} never came to ${describePoint(point)} (${seen} fitting frames were seen): ${why}`,
    );
  }
}

/** The point in words, for messages and waits: `2nd basic.ack of job-0007, upwards`. */
export function describePoint(point: FramePoint): string {
  const what = [point.frame, point.means && `frame that means ${point.means}`].filter(Boolean);
  const which = point.nth === undefined || point.nth === 1 ? '' : `frame ${point.nth} that is `;
  const of = point.key === undefined ? '' : ` of ${point.key}`;
  return `${which}${what.join(', a ') || 'a frame'}${of}, ${point.direction}wards`;
}
