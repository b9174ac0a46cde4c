/**
 * Drops every byte of a link while connections stay open: the peer has gone silent and nobody says so.
 * Healing closes those connections, since bytes of their streams are missing.
 */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';
import { toxicFault, type FaultDirection } from './toxic-fault.ts';

/** @param options.direction default `both`. */
export function blackhole(
  link: Link,
  options: { readonly direction?: FaultDirection } = {},
): Fault {
  return toxicFault(
    link,
    'blackhole',
    'black hole',
    options.direction ?? 'both',
    {
      type: 'timeout',
      attributes: { timeout: 0 },
    },
    'swallow',
  );
}
