/** One direction of one connection: source, a stage for each toxic in the order they were added, sink. */
import type { Socket } from 'node:net';

import type { Toxic } from '../proxy.ts';
import { stageOf, type Next, type Stage } from './stages.ts';

export class Pipe {
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #stages: { readonly name: string; readonly stage: Stage; readonly link: Relay }[] = [];
  readonly #end: Next;
  readonly #head: Relay;

  /** @param onFinished the sink is to be closed, and with it the pair. */
  constructor(source: Socket, sink: Socket, toxics: readonly Toxic[], onFinished: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#end = {
      take: (chunk) => {
        if (sink.writable) sink.write(chunk);
      },
      finish: onFinished,
    };
    this.#head = new Relay(this.#end);
    for (const toxic of toxics) this.add(toxic);
    source.on('data', (chunk: Buffer) => {
      this.#head.take(chunk);
      this.#steer();
    });
    source.on('end', () => this.#head.finish());
    source.on('close', () => this.#head.finish());
    sink.on('drain', () => this.#steer());
  }

  /** A new toxic stands last, next to the sink. */
  add(toxic: Toxic): void {
    this.#stages.at(-1)?.stage.interrupt();
    const link = new Relay(this.#end);
    const stage = stageOf(toxic, link, () => this.#steer());
    const before = this.#stages.at(-1)?.link ?? this.#head;
    before.next = stage;
    this.#stages.push({ name: toxic.name, stage, link });
  }

  remove(name: string): void {
    const index = this.#stages.findIndex((entry) => entry.name === name);
    const [entry] = index < 0 ? [] : this.#stages.splice(index, 1);
    if (entry === undefined) return;
    const before = this.#stages[index - 1]?.link ?? this.#head;
    entry.stage.remove();
    before.next = entry.link.next;
    this.#steer();
  }

  /** The connection is over. */
  discard(): void {
    for (const { stage } of this.#stages) stage.discard();
  }

  #steer(): void {
    const full = this.#sink.writableNeedDrain || this.#stages.some(({ stage }) => stage.full);
    if (full) this.#source.pause();
    else this.#source.resume();
  }
}

/** The joint between two stages, so that one can be put in or taken out. Finishes once. */
class Relay implements Next {
  next: Next;
  #finished = false;

  constructor(next: Next) {
    this.next = next;
  }

  take(chunk: Buffer): void {
    if (!this.#finished) this.next.take(chunk);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.next.finish();
  }
}
