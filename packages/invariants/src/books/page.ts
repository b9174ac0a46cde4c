/** A page of one book: the breaches found so far, of which no more are kept than anybody reads. */
import type { BookName, Breach } from '../judgement.ts';

const most = 24;

export class Page {
  readonly #book: BookName;
  readonly #breaches: Breach[] = [];
  #more = 0;

  constructor(book: BookName) {
    this.#book = book;
  }

  /** @param seqs numbers of the events that show it; those that are not there are left out */
  write(says: string, ...seqs: readonly (number | undefined)[]): void {
    if (this.#breaches.length === most) {
      this.#more += 1;
      return;
    }
    const shown = new Set(seqs.filter((seq) => seq !== undefined));
    this.#breaches.push({
      book: this.#book,
      says,
      seqs: [...shown].toSorted((a, b) => a - b),
    });
  }

  get breaches(): Breach[] {
    if (this.#more === 0) return [...this.#breaches];
    return [
      ...this.#breaches,
      { book: this.#book, says: `and ${this.#more} more in the ${this.#book} book`, seqs: [] },
    ];
  }
}
