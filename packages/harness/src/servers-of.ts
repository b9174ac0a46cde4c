/** The servers that a cell stands on, the carrier of its faults among them. */
import type { ServerName } from '@lab/brokers';
import type { CellSpec } from '@lab/contract';

import { hasStore, struckLink } from './load/load-scene.ts';

export function serversOf({ transport, load }: CellSpec): ServerName[] {
  if (load === undefined) {
    return [...(transport === 'rabbitmq' ? (['rabbitmq'] as const) : []), 'redis', 'toxiproxy'];
  }
  return [
    'rabbitmq',
    ...(hasStore(load) ? (['redis'] as const) : []),
    ...(struckLink(load) === null ? [] : (['toxiproxy'] as const)),
  ];
}
