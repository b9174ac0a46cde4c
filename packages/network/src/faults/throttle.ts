/** Lets only so many bytes per second through, with real back-pressure. Connections are kept. */
import type { Fault } from '@lab/contract';

import type { Link } from '../network.ts';
import { toxicFault, type FaultDirection } from './toxic-fault.ts';

/**
 * @param options.bytesPerSecond a multiple of 1000, for each direction named (default `both`).
 * For nothing at all there is `hold`.
 */
export function throttle(
  link: Link,
  options: { readonly bytesPerSecond: number; readonly direction?: FaultDirection },
): Fault {
  const { bytesPerSecond, direction = 'both' } = options;
  if (bytesPerSecond < 1000 || bytesPerSecond % 1000 !== 0) {
    throw new RangeError(
      `bytesPerSecond is ${bytesPerSecond}; Toxiproxy counts in whole kB/s, so multiples of 1000 are possible`,
    );
  }
  return toxicFault(link, 'throttle', `throttle ${bytesPerSecond / 1000} kB/s`, direction, {
    type: 'bandwidth',
    attributes: { rate: bytesPerSecond / 1000 },
  });
}
