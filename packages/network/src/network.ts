/**
 * The network of one cell: one link per role and server, `client -> tap -> proxy -> server`, so that a
 * partition can be partial and one-way.
 */
import type { WireEvent } from '@lab/contract';

import { conversationOf } from './conversation-of.ts';
import type { Endpoint, ServerTarget } from './endpoint.ts';
import type { Proxy, ProxyServer } from './proxy.ts';
import { roundTrip, type RoundTrip } from './round-trip.ts';
import type { TapEvent } from './tap-event.ts';
import type { FramePoint, Hold } from './tap/holds.ts';
import { openTap, type ImposedFate, type Tap } from './tap/tap.ts';

export interface LinkSpec {
  /** Role of the client, e.g. `worker-1`. */
  readonly from: string;
  /** Name of the server, e.g. `rabbitmq`. */
  readonly to: string;
  readonly protocol: WireEvent['protocol'];
  readonly target: ServerTarget;
}

/** One directed path from a role to a server. Disposing ends its connections and removes its proxy. */
export interface Link extends AsyncDisposable {
  /** `worker-1>rabbitmq`. */
  readonly id: string;
  /** Where the client dials: loopback, plain TCP. */
  readonly listen: Endpoint;
  readonly proxy: Proxy;
  /** Connections through the tap, now open and accepted since the beginning; undefined without a tap. */
  readonly connections: { readonly open: number; readonly accepted: number } | undefined;
  /** Arms a hold. Frames that have begun to cross are past it. @throws on a link without a tap. */
  holdAt(point: FramePoint): Hold;
  /**
   * Tells the tap that the proxy was read back as closed: what is held cannot cross any more, whether or
   * not the tap has seen its sockets end. For faults that close.
   */
  serverSideClosed(): void;
  /**
   * A frame that the tap holds on its way down is past the carrier. Faults that do not slow but end, drop or keep say
   * here what becomes of it when it is let go while they are on. @returns what takes it back.
   */
  impose(fate: ImposedFate): () => void;
  /**
   * A round trip of the lab's own to the server through the proxy, beside the tap and outside the record. What it
   * comes to under each fault stands in README.md. @param limitMs how long an answer may take.
   */
  roundTrip(limitMs: number): Promise<RoundTrip>;
}

export interface NetworkOptions {
  /** Not owned: disposing the network removes its links' proxies and leaves the server. */
  readonly proxyServer: ProxyServer;
  /** Called synchronously as frames pass and as connections open and end. */
  readonly record: (event: TapEvent) => void;
  /** Default true; false makes a link the proxy's hop alone, to measure what the tap costs. */
  readonly tap?: boolean;
}

export interface Network extends AsyncDisposable {
  readonly proxyServer: ProxyServer;
  link(spec: LinkSpec): Promise<Link>;
}

export function openNetwork(options: NetworkOptions): Network {
  const links = new Set<Link>();

  return {
    proxyServer: options.proxyServer,
    async link(spec) {
      const link = await openLink(spec, options, (closed) => void links.delete(closed));
      links.add(link);
      return link;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(links, (link) => link[Symbol.asyncDispose]()));
    },
  };
}

async function openLink(
  spec: LinkSpec,
  { proxyServer, record, tap: tapped = true }: NetworkOptions,
  onClosed: (link: Link) => void,
): Promise<Link> {
  const id = `${spec.from}>${spec.to}`;
  if (!tapped && spec.target.tls !== undefined) {
    throw new Error(`${id}: a link without a tap cannot speak TLS to ${spec.to}; leave the tap on`);
  }
  const proxy = await proxyServer.create(id, spec.target);
  let tap: Tap | undefined;
  if (tapped) {
    try {
      tap = await openTap({
        link: id,
        protocol: spec.protocol,
        proxy: proxy.listen,
        target: spec.target,
        conversation: conversationOf(spec.protocol),
        record,
      });
    } catch (error) {
      await proxy.remove();
      throw error;
    }
  }
  const link: Link = {
    id,
    proxy,
    listen: tap?.listen ?? proxy.listen,
    get connections() {
      return tap?.connections;
    },
    holdAt(point) {
      if (tap === undefined) throw new Error(`${id} has no tap to hold frames with`);
      return tap.holdAt(point);
    },
    serverSideClosed: () => tap?.serverSideClosed(),
    impose: (fate) => tap?.impose(fate) ?? (() => undefined),
    roundTrip: (limitMs) =>
      roundTrip(proxy.listen, {
        target: spec.target,
        protocol: spec.protocol,
        limitMs,
      }),
    async [Symbol.asyncDispose]() {
      onClosed(link);
      await tap?.[Symbol.asyncDispose]();
      await proxy.remove();
    },
  };
  return link;
}
