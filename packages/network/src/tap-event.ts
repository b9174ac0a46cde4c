/** What a tap records. */
import type { EventBody, WireEvent } from '@lab/contract';

export type ConnectionEvent = Extract<EventBody, { readonly kind: 'connection' }>;

export type TapEvent = WireEvent | ConnectionEvent;
