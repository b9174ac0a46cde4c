/**
 * A Toxiproxy server as a carrier of link faults. Its own randomness is never used: toxicity 1, jitter 0.
 */
import { Toxiproxy } from 'toxiproxy-node-client';

import { formatEndpoint, parseEndpoint, type Endpoint } from '../endpoint.ts';
import type { Proxy, ProxyServer } from '../proxy.ts';
import { ToxiproxyApiError, toxiproxyApi, type RawProxy, type ToxiproxyApi } from './api.ts';
import { portPool, type PublishedPort } from './ports.ts';
import { toxiproxyProxy } from './proxy.ts';

export interface ToxiproxyOptions {
  /** e.g. `http://127.0.0.1:8474`. */
  readonly apiUrl: string;
  /** Address on which Toxiproxy listens for clients; default 127.0.0.1, or 0.0.0.0 with `ports`. */
  readonly listenHost?: string;
  /** The pool of published ports when Toxiproxy runs in a container; any free port when absent. */
  readonly ports?: readonly PublishedPort[];
  /** Begins the name of every proxy made here, so that they can be told from others'. */
  readonly namePrefix: string;
}

/** @throws ToxiproxyApiError when no server answers there, or one older than 2.5 does. */
export async function connectToxiproxy(options: ToxiproxyOptions): Promise<ProxyServer> {
  const api = toxiproxyApi(options.apiUrl);
  const client = new Toxiproxy(api.url);
  const version = await api.version();
  refuseOld(api, version);
  const pool = options.ports && portPool(options.ports);
  const listenHost = options.listenHost ?? (pool ? '0.0.0.0' : '127.0.0.1');
  const living = new Set<Proxy>();

  async function create(name: string, upstream: Endpoint): Promise<Proxy> {
    const fullName = proxyName(options.namePrefix + name);
    const port = pool?.take(pool ? occupiedPorts(await api.readAll()) : new Set());
    try {
      await api.change(`create proxy ${fullName}`, async () => {
        const listen = formatEndpoint({ host: listenHost, port: port?.container ?? 0 });
        await client.createProxy({ name: fullName, listen, upstream: formatEndpoint(upstream) });
      });
      const created = await readBack(api, fullName);
      const listen = port
        ? { host: port.hostName ?? '127.0.0.1', port: port.host }
        : reachable(parseEndpoint(created.listen), api.url);
      const proxy = toxiproxyProxy(
        api,
        client,
        {
          name: fullName,
          listen,
          onRemoved() {
            living.delete(proxy);
            if (port) pool?.giveBack(port);
          },
        },
        created,
      );
      living.add(proxy);
      return proxy;
    } catch (error) {
      if (port) pool?.giveBack(port);
      throw error;
    }
  }

  return {
    kind: 'toxiproxy',
    version,
    create,
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(living, (proxy) => proxy.remove()));
    },
  };
}

/**
 * Removes every proxy whose name begins so: what a killed run left on a server that outlived it.
 * @returns their names.
 */
export async function removeToxiproxyLeftovers(options: {
  readonly apiUrl: string;
  readonly namePrefix: string;
}): Promise<readonly string[]> {
  const api = toxiproxyApi(options.apiUrl);
  const client = new Toxiproxy(api.url);
  const prefix = proxyName(options.namePrefix);
  const left = (await api.readAll()).filter(({ name }) => name.startsWith(prefix));
  for (const { name } of left) {
    await api.change(`remove proxy ${name}`, async () => (await client.get(name)).remove());
  }
  return left.map(({ name }) => name);
}

/** Names become URL paths, unescaped by the node client. No two names become one. */
function proxyName(name: string): string {
  return name.replaceAll(
    /[^\w.:>-]/g,
    (one) => `~${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

async function readBack(api: ToxiproxyApi, name: string): Promise<RawProxy> {
  const raw = await api.read(name);
  if (raw?.enabled === true) return raw;
  throw new ToxiproxyApiError(`create proxy ${name}`, api.url, 'it is not listed as enabled', {});
}

/** Before 2.5 removing a `bandwidth` toxic could hang. A build without a version says `git`. */
function refuseOld(api: ToxiproxyApi, version: string): void {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 5)) {
    return;
  }
  throw new ToxiproxyApiError('qualify', api.url, `version ${version} is older than 2.5`, {
    status: 200,
  });
}

function occupiedPorts(proxies: readonly RawProxy[]): ReadonlySet<number> {
  return new Set(proxies.map(({ listen }) => parseEndpoint(listen).port));
}

/** A wildcard address is not one to dial: the API's host is where the server is. */
function reachable(listen: Endpoint, apiUrl: string): Endpoint {
  const wildcard = listen.host === '::' || listen.host === '0.0.0.0';
  return wildcard ? { host: new URL(apiUrl).hostname, port: listen.port } : listen;
}
