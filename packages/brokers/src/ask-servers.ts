/**
 * Whether a server still answers, asked directly and without anybody's client library: the first bytes of its protocol, and
 * any answer to them. It says that the server is there, not that it is well.
 */
import { connect, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { Brokers, Endpoint, TlsSettings } from './brokers.ts';

export type ServerName = 'rabbitmq' | 'redis' | 'toxiproxy';

export interface ServerAnswer {
  readonly server: ServerName;
  readonly phase: 'answers' | 'gone';
  /** Why it is taken for gone. */
  readonly detail?: string;
}

const limitMsDefault = 3000;

/** Asks all of them at once. A Toxiproxy that is not there, because the stand-in takes its place, is not asked. */
export function askServers(
  brokers: Pick<Brokers, ServerName>,
  servers: readonly ServerName[],
  limitMs = limitMsDefault,
): Promise<ServerAnswer[]> {
  const asked = servers.filter((server) => server !== 'toxiproxy' || brokers.toxiproxy !== null);
  return Promise.all(
    asked.map(async (server): Promise<ServerAnswer> => {
      const silence = await whySilent(questionTo(server, brokers), limitMs);
      return silence === null
        ? { server, phase: 'answers' }
        : { server, phase: 'gone', detail: silence };
    }),
  );
}

interface Question {
  readonly at: Endpoint;
  readonly tls?: TlsSettings | undefined;
  readonly bytes: string;
}

function questionTo(server: ServerName, { rabbitmq, redis, toxiproxy }: Pick<Brokers, ServerName>) {
  switch (server) {
    case 'rabbitmq':
      return { at: rabbitmq.direct, tls: rabbitmq.tls, bytes: 'AMQP\u0000\u0000\u0009\u0001' };
    case 'redis':
      return { at: redis.direct, tls: redis.tls, bytes: 'PING\r\n' }; // answered by an error where a password is asked for
    case 'toxiproxy':
      return httpQuestion(toxiproxy?.apiUrl ?? '');
  }
}

function httpQuestion(apiUrl: string): Question {
  const { hostname, port, host } = new URL('/version', apiUrl);
  return {
    at: { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) },
    bytes: `GET /version HTTP/1.0\r\nHost: ${host}\r\n\r\n`,
  };
}

/** @returns null when anything came back */
function whySilent({ at, tls, bytes }: Question, limitMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket =
      tls === undefined
        ? connect(at, ask)
        : connectTls({ ...(isIP(at.host) === 0 && { servername: at.host }), ...at, ...tls }, ask);
    const timer = setTimeout(() => over(`no answer within ${limitMs} ms`), limitMs);
    function ask(): void {
      socket.write(bytes, 'latin1');
    }
    function over(silence: string | null): void {
      clearTimeout(timer);
      socket.destroy();
      resolve(silence);
    }
    socket.once('data', () => over(null));
    socket.once('end', () => over('it closed the connection without an answer'));
    socket.on('error', (error: NodeJS.ErrnoException) => over(error.code ?? error.message));
  });
}
