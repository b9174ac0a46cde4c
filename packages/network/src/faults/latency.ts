/** Delays what crosses. Order is kept; what waits when it heals goes at once. Connections are kept. */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';
import { toxicFault, type FaultDirection } from './toxic-fault.ts';

/**
 * @param options.latencyMs added to each direction named, so `both` (the default) adds it twice to a
 * round trip.
 */
export function latency(
  link: Link,
  options: { readonly latencyMs: number; readonly direction?: FaultDirection },
): Fault {
  const { latencyMs, direction = 'both' } = options;
  if (!Number.isInteger(latencyMs) || latencyMs < 1) {
    throw new RangeError(`latencyMs is ${latencyMs}; whole milliseconds from 1 are possible`);
  }
  return toxicFault(link, 'latency', `latency ${latencyMs} ms`, direction, {
    type: 'latency',
    attributes: { latency: latencyMs, jitter: 0 },
  });
}
