/**
 * Holds every byte of a link: a partition that heals. Connections are kept, new ones open and hang, and
 * on healing all bytes arrive. (A hold at a named frame is the tap's: `link.holdAt`.)
 */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';
import { toxicFault, type FaultDirection } from './toxic-fault.ts';

/** @param options.direction default `both`. */
export function hold(link: Link, options: { readonly direction?: FaultDirection } = {}): Fault {
  return toxicFault(
    link,
    'hold',
    'hold',
    options.direction ?? 'both',
    {
      type: 'bandwidth',
      attributes: { rate: 0 },
    },
    'keep',
  );
}
