/** A queue with two ends in a ring of slots: every operation is constant in time, whatever its length. */
export class Ring<T> {
  #slots: (T | undefined)[] = Array.from({ length: 64 });
  #first = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The one that `shift` would take. */
  get first(): T | undefined {
    return this.#length === 0 ? undefined : this.#slots[this.#first];
  }

  push(item: T): void {
    this.#makeRoom();
    this.#slots[this.#at(this.#length)] = item;
    this.#length += 1;
  }

  unshift(item: T): void {
    this.#makeRoom();
    this.#first = this.#at(-1);
    this.#slots[this.#first] = item;
    this.#length += 1;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#slots[this.#first];
    this.#slots[this.#first] = undefined;
    this.#first = this.#at(1);
    this.#length -= 1;
    return item;
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    const last = this.#at(this.#length - 1);
    const item = this.#slots[last];
    this.#slots[last] = undefined;
    this.#length -= 1;
    return item;
  }

  clear(): void {
    this.#slots = Array.from({ length: 64 });
    this.#first = 0;
    this.#length = 0;
  }

  /** The ring's size is a power of two, so that a mask takes a place around its end. */
  #at(offset: number): number {
    return (this.#first + offset) & (this.#slots.length - 1);
  }

  #makeRoom(): void {
    if (this.#length < this.#slots.length) return;
    const wider: (T | undefined)[] = Array.from({ length: 2 * this.#slots.length });
    for (let index = 0; index < this.#length; index++) wider[index] = this.#slots[this.#at(index)];
    this.#slots = wider;
    this.#first = 0;
  }
}
