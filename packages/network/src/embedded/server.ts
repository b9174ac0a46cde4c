/** The stand-in for a Toxiproxy server where none can be had: the same faults, in this process. */
import type { Proxy, ProxyServer } from '../proxy.ts';
import { openEmbeddedProxy } from './proxy.ts';

export function embeddedProxyServer(): ProxyServer {
  const living = new Map<string, Proxy>();
  return {
    kind: 'embedded',
    version: '2.12 behaviour',
    async create(name, upstream) {
      if (living.has(name)) throw new Error(`there is a proxy ${name} already`);
      const proxy = await openEmbeddedProxy(name, upstream, () => void living.delete(name));
      living.set(name, proxy);
      return proxy;
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(Array.from(living.values(), (proxy) => proxy.remove()));
    },
  };
}
