/**
 * Simulated time: what is due next happens next. A binary heap; what is due at the same moment happens in the order in
 * which it was asked for, so that a simulation depends on its setting alone.
 */
export class Clock {
  nowMs = 0;
  readonly #due: Due[] = [];
  #asked = 0;

  /** Calls `act` at `atMs`, or next if that is past. There is no taking back: what no longer applies looks before it acts. */
  at(atMs: number, act: () => void): void {
    const due = { atMs: Math.max(atMs, this.nowMs), order: this.#asked++, act };
    const heap = this.#due;
    let place = heap.length;
    heap.push(due);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || comesBefore(above, due)) break;
      heap[place] = above;
      place = parent;
    }
    heap[place] = due;
  }

  /** Lives through everything due before `untilMs`; time then stands at `untilMs`. */
  runUntil(untilMs: number): void {
    for (let next = this.#due[0]; next !== undefined && next.atMs < untilMs; next = this.#due[0]) {
      this.#removeFirst();
      this.nowMs = next.atMs;
      next.act();
    }
    this.nowMs = untilMs;
  }

  #removeFirst(): void {
    const heap = this.#due;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const onLeft = heap[left];
      if (onLeft === undefined) break;
      const onRight = heap[left + 1];
      const right = onRight !== undefined && comesBefore(onRight, onLeft);
      const below = right ? onRight : onLeft;
      if (comesBefore(last, below)) break;
      heap[place] = below;
      place = right ? left + 1 : left;
    }
    heap[place] = last;
  }
}

interface Due {
  readonly atMs: number;
  readonly order: number;
  readonly act: () => void;
}

function comesBefore(one: Due, other: Due): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}
