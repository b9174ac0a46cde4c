/** Dials a proxy, and speaks TLS through it when the server behind it wants that. */
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import type { Endpoint, ServerTarget } from '../endpoint.ts';
import { resetSocket } from '../reset-socket.ts';

/** The far side of a tapped connection. */
export interface Dialled {
  /** Carries the protocol's bytes. */
  readonly stream: Socket;
  /** Calls back once bytes may be written. */
  onReady(callback: () => void): void;
  /** Ends it with RST, in plain TCP and under TLS alike. */
  reset(): void;
}

export function dial(proxy: Endpoint, target: ServerTarget): Dialled {
  const socket = connect({
    host: proxy.host,
    port: proxy.port,
    noDelay: true,
    allowHalfOpen: true,
  });
  if (target.tls === undefined) {
    return {
      stream: socket,
      onReady: (callback) => void socket.once('connect', callback),
      reset: () => resetSocket(socket),
    };
  }
  const servername = target.tls.servername ?? (isIP(target.host) === 0 ? target.host : undefined);
  const stream = connectTls({
    socket,
    ...target.tls,
    ...(servername !== undefined && { servername }),
  });
  socket.once('error', (error) => stream.destroy(error)); // a refused dial never reaches the TLS layer
  return {
    stream,
    onReady: (callback) => void stream.once('secureConnect', callback),
    reset() {
      resetSocket(socket);
      stream.destroy();
    },
  };
}
