/** What is left of a session, as an outsider sees it. */
import { existsSync } from 'node:fs';
import { connect } from 'node:net';

import type { Brokers, Session } from '../index.ts';
import { markedProcesses } from '../processes.ts';

export interface Traces {
  readonly processes: number;
  readonly directory: boolean;
  /** Ports of the session on which somebody still listens. */
  readonly ports: readonly number[];
}

export const nothing: Traces = { processes: 0, directory: false, ports: [] };

export async function tracesOf(
  session: Pick<Session, 'id' | 'directory'>,
  ports: readonly number[],
): Promise<Traces> {
  const open = await Promise.all(ports.map(async (port) => ((await listens(port)) ? [port] : [])));
  return {
    processes: markedProcesses().filter((marked) => marked.session === session.id).length,
    directory: existsSync(session.directory),
    ports: open.flat(),
  };
}

/** Every port that the brokers serve on. */
export function portsOf(brokers: Brokers): number[] {
  const urls = [brokers.rabbitmq.managementUrl, brokers.toxiproxy?.apiUrl];
  return [
    brokers.rabbitmq.direct.port,
    brokers.redis.direct.port,
    ...urls.flatMap((url) => (url === undefined ? [] : [Number(new URL(url).port)])),
  ];
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
