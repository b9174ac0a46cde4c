/**
 * What each end of a connection sees of each link fault: the lab's statement of what its faults do. The
 * conformance suite checks it against every carrier, and the table in README.md is made from it.
 */

export type LinkVerb = 'latency' | 'throttle' | 'hold' | 'blackhole' | 'reset' | 'cut';

/** A connection at a time: one that never spoke, ones that send up or down, and a new one that sends up. */
type Witnesses = Readonly<Record<'idle' | 'up' | 'down' | 'fresh', string>>;

export interface Observation {
  /** While the fault is on. */
  readonly onInject: Witnesses;
  /** After it healed; bytes are those sent under the fault. */
  readonly onHeal: Witnesses;
}

const everywhere = (said: string): Witnesses => ({
  idle: 'kept',
  up: said,
  down: said,
  fresh: said,
});
const finished = 'FIN to client, FIN to server';

const observations: Readonly<Record<LinkVerb, Observation>> = {
  latency: { onInject: everywhere('bytes late; kept'), onHeal: everywhere('bytes there; kept') },
  throttle: { onInject: everywhere('bytes late; kept'), onHeal: everywhere('bytes there; kept') },
  hold: { onInject: everywhere('no bytes; kept'), onHeal: everywhere('bytes there; kept') },
  blackhole: {
    onInject: everywhere('no bytes; kept'),
    onHeal: {
      idle: finished,
      up: `bytes lost; ${finished}`,
      down: `bytes lost; ${finished}`,
      fresh: 'bytes lost; opens, FIN',
    },
  },
  reset: {
    onInject: {
      idle: 'kept',
      up: `no bytes; ${finished}`,
      down: `no bytes; ${finished}`,
      fresh: 'no bytes; opens, RST',
    },
    onHeal: {
      idle: 'kept',
      up: `bytes lost; ${finished}`,
      down: `bytes lost; ${finished}`,
      fresh: 'bytes lost; opens, RST',
    },
  },
  cut: {
    onInject: {
      idle: finished,
      up: `no bytes; ${finished}`,
      down: `no bytes; ${finished}`,
      fresh: 'no bytes; refused',
    },
    onHeal: {
      idle: finished,
      up: `bytes lost; ${finished}`,
      down: `bytes lost; ${finished}`,
      fresh: 'bytes lost; refused',
    },
  },
};

/** @param options.tap a tap has accepted before it learns that the proxy refuses, and says so by RST. */
export function expectedObservation(
  verb: LinkVerb,
  { tap }: { readonly tap: boolean },
): Observation {
  const { onInject, onHeal } = observations[verb];
  if (!tap) return { onInject, onHeal };
  return {
    onInject: { ...onInject, fresh: throughTap(onInject.fresh) },
    onHeal: { ...onHeal, fresh: throughTap(onHeal.fresh) },
  };
}

const throughTap = (said: string): string => said.replace('refused', 'opens, RST');

/** The table for people, in Markdown, of links with a tap. */
export function observationTable(): string {
  const rows = (Object.keys(observations) as LinkVerb[]).map((verb) => {
    const { onInject, onHeal } = expectedObservation(verb, { tap: true });
    const cells = [
      onInject.idle,
      onInject.up,
      onInject.fresh,
      onHeal.idle,
      onHeal.up,
      onHeal.fresh,
    ];
    return `| ${[`\`${verb}\``, ...cells].join(' | ')} |`;
  }); // keys of a const record are exactly these
  return [
    '| fault | idle connection | one that speaks | new connection | idle, healed | spoke, healed | new, healed |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}
