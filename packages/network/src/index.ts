export { embeddedProxyServer } from './embedded/server.ts';
export type { Endpoint, ServerTarget } from './endpoint.ts';
export * from './faults/index.ts';
export {
  openNetwork,
  type Link,
  type LinkSpec,
  type Network,
  type NetworkOptions,
} from './network.ts';
export type { Proxy, ProxyServer, ProxyState, Toxic, ToxicStream } from './proxy.ts';
export {
  describePoint,
  HoldNotReachedError,
  type FramePoint,
  type Hold,
  type Strike,
} from './tap/holds.ts';
export type { RoundTrip } from './round-trip.ts';
export type { ConnectionEvent, TapEvent } from './tap-event.ts';
export { ToxiproxyApiError } from './toxiproxy/api.ts';
export {
  connectToxiproxy,
  removeToxiproxyLeftovers,
  type ToxiproxyOptions,
} from './toxiproxy/connect.ts';
export type { PublishedPort } from './toxiproxy/ports.ts';
