/**
 * One copy of every name in a history. A parser makes a string for each mention of a link, a frame or a key, and in a
 * long history those are most of the memory.
 */
import type { EventBody } from '@lab/contract';

export class SharedStrings {
  readonly #known = new Map<string, string>();
  readonly #alone = new Map<string, string[]>();

  /** Replaces the names in an event that was just parsed, and that nobody else holds yet, by the copies known. */
  share(event: EventBody & { cell?: unknown; source?: unknown }): void {
    if (typeof event.cell === 'string') event.cell = this.#one(event.cell);
    if (typeof event.source === 'string') event.source = this.#one(event.source);
    if (event.kind === 'wire') {
      event.link = this.#one(event.link);
      event.frame = this.#one(event.frame);
      if (event.keys !== undefined) event.keys = this.#list(event.keys);
    } else if (event.kind === 'job') {
      event.key = this.#one(event.key);
      if (event.correlationId !== undefined) event.correlationId = this.#one(event.correlationId);
      if (event.causationId !== undefined) event.causationId = this.#one(event.causationId);
    }
  }

  #one(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    this.#known.set(text, text);
    return text;
  }

  /** Nearly every frame speaks of one job. */
  #list(keys: string[]): string[] {
    const [only] = keys;
    if (only === undefined || keys.length > 1) return keys.map((key) => this.#one(key));
    const known = this.#alone.get(only);
    if (known !== undefined) return known;
    this.#alone.set(only, [this.#one(only)]);
    return this.#alone.get(only) ?? keys;
  }
}
