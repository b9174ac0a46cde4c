/**
 * RabbitMQ's management API, as far as the lab needs it. Node's own `fetch` cannot be given a certificate
 * authority, hence node:http and node:https.
 */
import http from 'node:http';
import https from 'node:https';

import type { TlsSettings } from './brokers.ts';

export interface ManagementReply {
  readonly status: number;
  /** Parsed JSON, or null where the body was empty or is none. */
  readonly body: unknown;
}

export interface Management extends Disposable {
  /** With credentials. */
  readonly url: string;
  /**
   * @param path below `/api`, encoded, e.g. `/vhosts/my-vhost`.
   * @throws the socket's error when nothing answers; Error when the limit is over (ten seconds by default).
   */
  request(method: string, path: string, body?: unknown): Promise<ManagementReply>;
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
  const agent = secure
    ? new https.Agent({ keepAlive: true, ...tls })
    : new http.Agent({ keepAlive: true });
  const auth = `${decodeURIComponent(base.username)}:${decodeURIComponent(base.password)}`;
  const prefix = base.pathname.replace(/\/+$/, '').replace(/\/api$/, '');

  return {
    url,
    request(method, path, body) {
      const text = body === undefined ? undefined : JSON.stringify(body);
      return new Promise((resolve, reject) => {
        const request = (secure ? https : http).request(
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
                : {
                    'content-type': 'application/json',
                    'content-length': Buffer.byteLength(text),
                  },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.once('error', reject);
            response.once('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                body: parse(Buffer.concat(chunks).toString('utf8')),
              }),
            );
          },
        );
        request.once('timeout', () =>
          request.destroy(new Error(`no answer within ${limitMs} ms to ${method} ${path}`)),
        );
        request.once('error', reject);
        request.end(text);
      });
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

function parse(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null; // an HTML error page of something that is not RabbitMQ
  }
}
