/** TLS in front of a server that speaks none: what a link to a TLS server is tested against. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';

import type { ServerTarget } from '../endpoint.ts';

export interface TlsTerminator extends AsyncDisposable {
  /** Where it listens; without `tls`. */
  readonly target: ServerTarget;
  /** Its certificate, of `server.test`, signed by itself. */
  readonly ca: string;
}

export async function tlsTerminator(server: ServerTarget): Promise<TlsTerminator> {
  const { key, ca } = selfSigned();
  const open = new Set<{ destroy(): void }>();
  const terminator = createServer({ key, cert: ca }, (socket) => {
    const upstream = connect({ host: server.host, port: server.port });
    socket.pipe(upstream).pipe(socket);
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    for (const end of [socket, upstream]) {
      open.add(end);
      end.once('close', () => void open.delete(end));
    }
  });
  terminator.on('tlsClientError', () => undefined); // some tests are about a client that refuses
  await new Promise<void>((resolve) => void terminator.listen(0, '127.0.0.1', resolve));
  const address = terminator.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return {
    target: { host: '127.0.0.1', port: address.port },
    ca,
    async [Symbol.asyncDispose]() {
      terminator.close();
      for (const end of open) end.destroy();
    },
  };
}

function selfSigned(): { readonly key: Buffer; readonly ca: string } {
  const folder = mkdtempSync(join(tmpdir(), 'network-tls-'));
  const [keyFile, certFile] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1'.split(' ');
  const subject = ['-subj', '/CN=server.test', '-addext', 'subjectAltName=DNS:server.test'];
  try {
    const openssl = 'openssl'; // on every machine that has brokers
    const args = [...request, ...subject, '-keyout', keyFile, '-out', certFile];
    execFileSync(openssl, args, { stdio: 'pipe' });
    return { key: readFileSync(keyFile), ca: readFileSync(certFile, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
