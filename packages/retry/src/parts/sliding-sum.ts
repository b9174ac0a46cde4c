/**
 * A sum over the last so many ms, in slices that are forgotten one by one: what the budgets call a window or a time to
 * live. As exact as a slice is short.
 */
export class SlidingSum {
  readonly #sliceMs: number;
  readonly #slices: number[];
  #sum = 0;
  #newest: number | null = null;

  constructor(windowMs: number, slices = 10) {
    this.#sliceMs = windowMs / slices;
    this.#slices = Array.from({ length: slices }, () => 0);
  }

  add(nowMs: number, amount: number): void {
    const slice = this.#forgetUntil(nowMs);
    this.#slices[slice] = (this.#slices[slice] ?? 0) + amount;
    this.#sum += amount;
  }

  sum(nowMs: number): number {
    this.#forgetUntil(nowMs);
    return this.#sum;
  }

  /** @returns the place of the slice that now falls into */
  #forgetUntil(nowMs: number): number {
    const length = this.#slices.length;
    const now = Math.floor(nowMs / this.#sliceMs);
    const passed = Math.min(length, now - (this.#newest ?? now));
    for (let back = 0; back < passed; back += 1) {
      const place = positiveRemainder(now - back, length);
      this.#sum -= this.#slices[place] ?? 0;
      this.#slices[place] = 0;
    }
    this.#newest = now;
    return positiveRemainder(now, length);
  }
}

function positiveRemainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
