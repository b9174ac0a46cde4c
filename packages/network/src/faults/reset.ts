/**
 * Ends connections at their next byte, either way. A connection opened under the fault gets a real RST;
 * one that was open before gets a FIN (Toxiproxy arms the reset when a connection is made), and one that
 * stays idle is not touched. To end every connection at once use `cut`.
 */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';
import { toxicFault } from './toxic-fault.ts';

export function reset(link: Link): Fault {
  return toxicFault(
    link,
    'reset',
    'reset',
    'both',
    {
      type: 'reset_peer',
      attributes: { timeout: 0 },
    },
    'cut',
  );
}
