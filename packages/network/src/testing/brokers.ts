/** What a live test makes for itself on the shared brokers, and removes. */
import { inject } from 'vitest';

import { embeddedProxyServer } from '../embedded/server.ts';
import type { ServerTarget } from '../endpoint.ts';
import type { ProxyServer } from '../proxy.ts';
import { connectToxiproxy } from '../toxiproxy/connect.ts';

let made = 0;

/** Unique on this machine. */
export function uniqueName(): string {
  made += 1;
  return `network-${process.pid}-${made}`;
}

/** The carrier that can be had. */
export function openProxyServer(): Promise<ProxyServer> {
  const apiUrl = inject('toxiproxyUrl');
  return apiUrl === ''
    ? Promise.resolve(embeddedProxyServer())
    : connectToxiproxy({ apiUrl, namePrefix: `${uniqueName()}-` });
}

/** Where a URL points. */
export function targetOf(url: string): ServerTarget {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** A vhost of its own. */
export interface Vhost extends AsyncDisposable {
  /** AMQP URL into the vhost, straight or through what listens on `port` of loopback. */
  url(port?: number): string;
}

export async function openVhost(): Promise<Vhost> {
  const management = new URL(inject('managementUrl'));
  const authorization = `Basic ${btoa(`${management.username}:${management.password}`)}`;
  const name = uniqueName();
  const call = async (method: string): Promise<void> => {
    const response = await fetch(new URL(`/api/vhosts/${name}`, management.origin), {
      method,
      headers: { authorization },
    });
    if (!response.ok) throw new Error(`${method} vhost ${name}: ${response.status}`);
  };
  await call('PUT');
  return {
    url(port) {
      const url = new URL(inject('rabbitmqUrl'));
      if (port !== undefined) url.host = `127.0.0.1:${port}`;
      url.pathname = `/${name}`;
      return url.href;
    },
    [Symbol.asyncDispose]: () => call('DELETE'),
  };
}
