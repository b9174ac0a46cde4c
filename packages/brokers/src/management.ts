/**
 * RabbitMQ's management API, as far as the lab needs it. Node's own `fetch` cannot be given a certificate
 * authority, hence node:http and node:https.
 */
import http from 'node:http';
import https from 'node:https';

import type { TlsSettings } from './brokers.ts';
import { exchange, type HttpAnswer } from './http-exchange.ts';

export interface Management extends Disposable {
  /** With credentials. */
  readonly url: string;
  /**
   * @param path below `/api`, encoded, e.g. `/vhosts/my-vhost`.
   * @throws the socket's error when nothing answers; Error when the limit is over (ten seconds by default).
   */
  request(method: string, path: string, body?: unknown): Promise<HttpAnswer>;
}

const defaultLimitMs = 10_000;

/** @param url base URL with credentials, `http://user:password@host:15672`. */
export function openManagement(
  url: string,
  tls?: TlsSettings,
  limitMs = defaultLimitMs,
): Management {
  const base = new URL(url);
  const secure = base.protocol === 'https:';
  // A connection for each request. RabbitMQ 4.0 closes one that was quiet for 5 s (3.10: 60 s), and a request that is on its
  // way at that moment is lost: `socket hang up`.
  const agent = secure ? new https.Agent({ ...tls }) : new http.Agent();
  const auth = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/api$/, '');

  return {
    url,
    request(method, path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      return exchange(
        secure ? https : http,
        {
          agent,
          auth,
          method,
          host: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port === '' ? (secure ? 443 : 80) : Number(base.port),
          path: `${prefix}/api${path}`,
          timeout: limitMs,
          headers:
            text === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        },
        text,
        `no answer within ${limitMs} ms to ${method} ${path}`,
      );
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}

/** The same URL without its password, for messages. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}
