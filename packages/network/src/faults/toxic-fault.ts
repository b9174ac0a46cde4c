/** What every fault made of toxics has in common: add, read back, remove, read back. */
import type { Fault, FaultVerb } from '@lab/contract';

import type { Link } from '../network.ts';
import type { Toxic, ToxicEffect, ToxicStream } from '../proxy.ts';
import type { ImposedFate } from '../tap/tap.ts';

/** `up` is client to server. */
export type FaultDirection = 'up' | 'down' | 'both';

const streamsOf: Record<FaultDirection, readonly ToxicStream[]> = {
  up: ['upstream'],
  down: ['downstream'],
  both: ['upstream', 'downstream'],
};

let made = 0;

/**
 * @param wording how the fault is called on a plot, before the link's name: `latency 200 ms`.
 * @param fate what it does to a frame that the tap holds on its way down, where it is more than to slow it.
 */
export function toxicFault(
  link: Link,
  verb: FaultVerb,
  wording: string,
  direction: FaultDirection,
  effect: ToxicEffect,
  fate?: ImposedFate,
): Fault {
  made += 1; // names are unique on a proxy, and two faults of one verb may overlap
  const toxics: readonly Toxic[] = streamsOf[direction].map((stream) => ({
    name: `${verb}-${made}-${stream}`,
    stream,
    ...effect,
  }));
  const names = new Set(toxics.map(({ name }) => name));

  async function found(): Promise<readonly Toxic[]> {
    return (await link.proxy.state()).toxics.filter(({ name }) => names.has(name));
  }

  let lift: (() => void) | undefined;

  /** All are tried, also when one cannot be removed: half a fault would stay on. */
  async function heal(): Promise<void> {
    const failures: unknown[] = [];
    for (const { name } of toxics) {
      await link.proxy.removeToxic(name).catch((error: unknown) => void failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
    lift?.();
    lift = undefined;
  }

  return {
    verb,
    target: link.id,
    label: `${wording} ${link.id}${direction === 'both' ? '' : ` ${direction}`}`,
    async inject() {
      try {
        for (const toxic of toxics) await link.proxy.addToxic(toxic);
        const present = await found();
        for (const toxic of toxics) expectPresent(toxic, present, link.proxy.name);
        if (fate !== undefined && direction !== 'up') lift ??= link.impose(fate);
        return present.map(describeToxic).join(', ');
      } catch (error) {
        await heal(); // half a fault is not a fault
        throw error;
      }
    },
    heal,
    isHealed: async () => (await found()).length === 0,
  };
}

/** Who carried the fault is told by the run's header. */
function describeToxic({ type, stream, attributes }: Toxic): string {
  const settings = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
  return `${type} ${stream} ${settings.join(' ')}`;
}

function expectPresent(wanted: Toxic, present: readonly Toxic[], proxy: string): void {
  const found = present.find(({ name }) => name === wanted.name);
  if (found !== undefined && describeToxic(found) === describeToxic(wanted)) return;
  throw new Error(
    `${wanted.name} was added to proxy ${proxy} but read back as ` +
      `${found ? describeToxic(found) : 'absent'}, expected ${describeToxic(wanted)}`,
  );
}
