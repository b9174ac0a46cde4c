/** The one line-up of a partial order that every run with the same partial order arrives at. */

export interface Item {
  readonly seq: number;
  readonly label: string;
  /** Among what may come next, the smallest comes first, before any label is compared. */
  readonly urgency: number;
  /** Items that share a chain keep their order in it. */
  readonly chains: readonly string[];
  /** Chains whose latest earlier item comes before this one, though this one is not part of them. */
  readonly after: readonly string[];
}

/**
 * Kahn's algorithm, always taking the most urgent, then smallest label that nothing forbids. The first item comes first.
 * @param items the first of all, then the others in order of `seq`
 */
export function canonicalOrder(items: readonly Item[]): string[] {
  const waitingFor = items.map(() => 0);
  const successors = items.map((): number[] => []);
  const latest = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const before = new Set(index === 0 ? [] : [0]);
    for (const chain of [...item.chains, ...item.after]) {
      const previous = latest.get(chain);
      if (previous !== undefined) before.add(previous);
    }
    for (const previous of before) {
      successors[previous]?.push(index);
      waitingFor[index] = (waitingFor[index] ?? 0) + 1;
    }
    for (const chain of item.chains) latest.set(chain, index);
  }

  const ready = items.length === 0 ? [] : [0];
  const order: string[] = [];
  for (
    let index = takeSmallest(ready, items);
    index !== undefined;
    index = takeSmallest(ready, items)
  ) {
    order.push(items[index]?.label ?? '');
    for (const next of successors[index] ?? []) {
      waitingFor[next] = (waitingFor[next] ?? 0) - 1;
      if (waitingFor[next] === 0) ready.push(next);
    }
  }
  return order;
}

/** `ready` never holds more than there are chains, so a scan is enough. */
function takeSmallest(ready: number[], items: readonly Item[]): number | undefined {
  let best = 0;
  for (let place = 1; place < ready.length; place += 1) {
    const candidate = items[ready[place] ?? -1];
    const smallest = items[ready[best] ?? -1];
    if (candidate === undefined || smallest === undefined) continue;
    if (compare(candidate, smallest) < 0) best = place;
  }
  return ready.splice(best, 1)[0];
}

function compare(a: Item, b: Item): number {
  if (a.urgency !== b.urgency) return a.urgency - b.urgency;
  if (a.label !== b.label) return a.label < b.label ? -1 : 1;
  return a.seq - b.seq;
}
