/**
 * What carries link faults: a Toxiproxy server, or the embedded stand-in. The words are Toxiproxy's
 * (proxy, toxic, stream), and both kinds answer to the same conformance suite (conformance.live.test.ts).
 * Only the four toxics that the lab can predict are here; toxicity is always 1 and jitter always 0.
 */
import type { Endpoint } from './endpoint.ts';

/** `upstream` is client to server. */
export type ToxicStream = 'upstream' | 'downstream';

export type ToxicEffect =
  /** Delays each chunk by `latency` ms; order is kept; removing it lets waiting chunks go at once. */
  | {
      readonly type: 'latency';
      readonly attributes: { readonly latency: number; readonly jitter: 0 };
    }
  /** `rate` in kB/s (1000 bytes). 0 holds everything back until it is removed. */
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  /** `timeout: 0` drops bytes; removing it closes the connection. */
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: 0 } }
  /** Closes at the next byte: RST for a connection opened while it is there, FIN for an older one. */
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: 0 } };

export type Toxic = { readonly name: string; readonly stream: ToxicStream } & ToxicEffect;

/** What the carrier itself says about a proxy. */
export interface ProxyState {
  readonly enabled: boolean;
  readonly toxics: readonly Toxic[];
}

export interface Proxy {
  readonly name: string;
  /** Where to dial it from this machine. */
  readonly listen: Endpoint;
  readonly upstream: Endpoint;
  /** Adds a toxic. @throws when one of that name is there. */
  addToxic(toxic: Toxic): Promise<void>;
  /** Removes a toxic; one that is not there is fine. */
  removeToxic(name: string): Promise<void>;
  /** `false` closes every connection and refuses new ones; `true` listens on the same port again. */
  setEnabled(enabled: boolean): Promise<void>;
  /** Reads the state back from whoever carries the faults. @throws when the proxy is gone. */
  state(): Promise<ProxyState>;
  /** Removes the proxy with its connections; one that is not there is fine. */
  remove(): Promise<void>;
}

/** Disposing removes every proxy it made. */
export interface ProxyServer extends AsyncDisposable {
  readonly kind: 'toxiproxy' | 'embedded';
  /** For the report: `2.12.0`, or the stand-in's own version. */
  readonly version: string;
  /** @param name unique among living proxies of this server, e.g. `worker-1>rabbitmq`. */
  create(name: string, upstream: Endpoint): Promise<Proxy>;
}
