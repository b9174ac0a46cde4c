/**
 * Loses a frame that the tap holds, and what TCP loses with it. `cut` and `reset` end its connection, with FIN or RST at
 * both ends; `swallow` keeps it open and drops the frame and all behind it in its direction, a black hole that begins at
 * one frame. Nothing of it is in the carrier, so it strikes alike on the way up and down, and no other connection.
 */
import type { Fault, FaultVerb } from '@lab/contract';

import type { Link } from '../network.ts';
import type { Hold, Strike } from '../tap/holds.ts';

const verbs: Readonly<Record<Strike, FaultVerb>> = {
  cut: 'cut',
  reset: 'reset',
  swallow: 'blackhole',
};

/** @param hold of this link; its frame must stand when the fault is injected. */
export function strike(link: Link, hold: Hold, how: Strike): Fault {
  let on = false;
  return {
    verb: verbs[how],
    target: link.id,
    label: `${how} ${link.id} at a frame`,
    async inject() {
      const done = await hold.strike(how);
      on = how === 'swallow'; // the others are over with the connection
      return done;
    },
    /** Bytes of the connection are missing, so it cannot go on. */
    async heal() {
      if (on) await hold.strike('cut');
      on = false;
    },
    isHealed: () => Promise.resolve(!on),
  };
}
