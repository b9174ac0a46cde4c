/**
 * What the trigger does to the way between server, broker and client, as a function of time. Since it is known
 * beforehand from when to when it lasts, nothing has to be called off.
 */
import type { LoadSetting, LoadTrigger } from '@lab/contract';

export class Trigger {
  readonly kind: LoadTrigger;
  readonly onMs: number;
  /** When it is healed. */
  readonly offMs: number;
  /** When a program that lost a connection by it has a new one. */
  readonly reconnectedMs: number;
  readonly #addedLatencyMs: number;

  constructor(setting: LoadSetting) {
    this.kind = setting.trigger;
    this.onMs = setting.warmUpMs;
    this.offMs = setting.warmUpMs + setting.triggerMs;
    this.reconnectedMs = reconnectedMs(this);
    this.#addedLatencyMs = setting.addedLatencyMs;
  }

  lastsAt(kind: LoadTrigger, atMs: number): boolean {
    return this.kind === kind && atMs >= this.onMs && atMs < this.offMs;
  }

  /** When something sent now, either way between server and broker, is there; null: it is lost. */
  arrivesMs(nowMs: number): number | null {
    if (this.lastsAt('blackhole', nowMs)) return null;
    if (!this.lastsAt('latency', nowMs)) return nowMs;
    return Math.min(nowMs + this.#addedLatencyMs, this.offMs); // what is held when the latency goes, goes on at once
  }

  /** When work that is meant to end at this time is seen to end: a program that stands still sees it when it goes on. */
  endsMs(meantMs: number): number {
    return this.lastsAt('stall', meantMs) ? this.offMs : meantMs;
  }

  /** Whether the last hop's store can be written to. */
  storeAnswersAt(atMs: number): boolean {
    return !(this.kind === 'outage' && atMs >= this.onMs && atMs < this.reconnectedMs);
  }
}

/**
 * The programs try again after pauses that grow, so a connection is back at the first try after the trigger is gone.
 * A black hole lets the connection live and closes it when it ends: one pause.
 */
function reconnectedMs({ kind, onMs, offMs }: Trigger): number {
  if (kind === 'blackhole') return offMs + brokerPauseMs(1);
  const pauseMs = kind === 'outage' ? storePauseMs : brokerPauseMs;
  let triedMs = onMs;
  for (let attempt = 1; triedMs < offMs; attempt++) triedMs += pauseMs(attempt);
  return triedMs;
}

/** From 100 ms doubling to 1 s; the spread of a fifth around it is left out, and lowers its bound. */
function brokerPauseMs(attempt: number): number {
  return Math.min(1000 / 1.2, 100 * 2 ** (attempt - 1));
}

function storePauseMs(attempt: number): number {
  return Math.min(50 * attempt, 500);
}
