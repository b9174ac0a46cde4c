/**
 * Toxics in this process. Each is a stage in one direction of one connection and behaves as the Toxiproxy
 * toxic of the same name was measured and read to (2.12), which the conformance suite checks.
 */
import type { ToxicEffect } from '../proxy.ts';

/** What comes after a stage: another stage, or the sink. */
export interface Next {
  take(chunk: Buffer): void;
  /** No more bytes; the connection is to be closed once what went before is out. */
  finish(): void;
}

export interface Stage extends Next {
  /** True while it wants no more bytes: the source's sender feels back-pressure. */
  readonly full: boolean;
  /** Another toxic is put behind it: as in Toxiproxy, the chunk that it has in hand goes past that one at once. */
  interrupt(): void;
  /** Takes the stage out: what it holds goes on, or the connection is closed, as the toxic has it. */
  remove(): void;
  /** The connection is over: what it holds is dropped, and no timer stays. */
  discard(): void;
}

/** Node takes a longer time for 1 ms. */
const timerMsMax = 2 ** 31 - 1;

/** @param onRoom called when `full` may have turned false. */
export function stageOf(effect: ToxicEffect, next: Next, onRoom: () => void): Stage {
  switch (effect.type) {
    case 'latency':
      return new DelayStage(next, effect.attributes.latency);
    case 'bandwidth':
      return new RateStage(next, effect.attributes.rate, onRoom);
    case 'timeout':
      return new DropStage(next);
    case 'reset_peer':
      return new EndStage(next);
    default:
      return effect satisfies never;
  }
}

/** Each chunk waits its time; on removal everything goes at once. */
class DelayStage implements Stage {
  readonly full = false;
  readonly #next: Next;
  readonly #latencyMs: number;
  readonly #waiting: { readonly chunk: Buffer; readonly dueMs: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #finished = false;

  constructor(next: Next, latencyMs: number) {
    this.#next = next;
    this.#latencyMs = latencyMs;
  }

  take(chunk: Buffer): void {
    this.#waiting.push({ chunk, dueMs: performance.now() + this.#latencyMs });
    this.#schedule();
  }

  finish(): void {
    this.#finished = true;
    if (this.#waiting.length === 0) this.#next.finish();
  }

  interrupt(): void {
    const [head] = this.#waiting;
    if (head === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#letGo(head.dueMs);
    this.#schedule();
  }

  remove(): void {
    clearTimeout(this.#timer);
    this.#letGo(Infinity);
  }

  discard(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #schedule(): void {
    const head = this.#waiting[0];
    if (this.#timer !== undefined || head === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#letGo(performance.now());
        this.#schedule();
      },
      Math.min(timerMsMax, Math.max(0, Math.ceil(head.dueMs - performance.now()))),
    );
  }

  #letGo(nowMs: number): void {
    let head = this.#waiting[0];
    if (head === undefined) return;
    while (head !== undefined && head.dueMs <= nowMs) {
      this.#waiting.shift();
      this.#next.take(head.chunk);
      head = this.#waiting[0];
    }
    if (this.#finished && head === undefined) this.#next.finish();
  }
}

/** So many kB per second, in pieces of at most 100 ms; at 0 everything stays until removal. */
class RateStage implements Stage {
  readonly #next: Next;
  readonly #bytesPerMs: number;
  readonly #onRoom: () => void;
  readonly #waiting: Buffer[] = [];
  #timer: NodeJS.Timeout | undefined;
  #finished = false;
  /** What the bytes let go have yet to wait for; below zero after a timer that came late. */
  #owedMs = 0;

  constructor(next: Next, kiloBytesPerSecond: number, onRoom: () => void) {
    this.#next = next;
    this.#bytesPerMs = kiloBytesPerSecond;
    this.#onRoom = onRoom;
  }

  /** Toxiproxy too has one chunk in hand, one before that and one being read: the source is never waited for. */
  get full(): boolean {
    return this.#waiting.length > 2;
  }

  take(chunk: Buffer): void {
    this.#waiting.push(chunk);
    this.#schedule();
  }

  finish(): void {
    this.#finished = true;
    if (this.#waiting.length === 0) this.#next.finish();
  }

  interrupt(): void {
    const [head] = this.#waiting;
    if (head === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pass(head, head.length);
    this.#schedule();
  }

  remove(): void {
    clearTimeout(this.#timer);
    const held = this.#waiting.splice(0);
    for (const chunk of held) this.#next.take(chunk);
    if (this.#finished && held.length > 0) this.#next.finish();
    this.#onRoom();
  }

  discard(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  /** A timer that came late is made up for: what follows waits that much less, or not at all. */
  #schedule(): void {
    while (this.#timer === undefined && this.#bytesPerMs > 0) {
      const [head] = this.#waiting;
      if (head === undefined) return;
      const length = Math.min(head.length, this.#bytesPerMs * 100);
      this.#owedMs += length / this.#bytesPerMs;
      if (this.#owedMs <= 0) this.#pass(head, length);
      else this.#wait(() => this.#pass(head, length));
    }
  }

  #wait(then: () => void): void {
    const sinceMs = performance.now();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#owedMs -= performance.now() - sinceMs;
      then();
      this.#schedule();
    }, Math.ceil(this.#owedMs));
  }

  #pass(head: Buffer, length: number): void {
    if (length === head.length) this.#waiting.shift();
    else this.#waiting[0] = head.subarray(length);
    this.#next.take(head.subarray(0, length));
    if (this.#finished && this.#waiting.length === 0) this.#next.finish();
    this.#onRoom();
  }
}

/** Bytes fall on the ground; an end passes; removal ends the connection. */
class DropStage implements Stage {
  readonly full = false;
  readonly #next: Next;

  constructor(next: Next) {
    this.#next = next;
  }

  take(): void {
    // Dropped.
  }

  finish(): void {
    this.#next.finish();
  }

  interrupt(): void {
    // Nothing is in hand.
  }

  remove(): void {
    this.#next.finish();
  }

  discard(): void {
    // Nothing is kept.
  }
}

/** The first byte ends the connection and is lost. */
class EndStage implements Stage {
  readonly full = false;
  readonly #next: Next;

  constructor(next: Next) {
    this.#next = next;
  }

  take(): void {
    this.#next.finish();
  }

  finish(): void {
    this.#next.finish();
  }

  interrupt(): void {
    // Nothing is in hand.
  }

  remove(): void {
    // Nothing is kept.
  }

  discard(): void {
    // Nothing is kept.
  }
}
