/** A server that speaks TLS in front of one that does not, with a certificate of its own authority. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer } from 'node:tls';

export interface TlsTerminator extends AsyncDisposable {
  readonly port: number;
  /** The name in the certificate. */
  readonly servername: string;
  /** A PEM file with the authority to trust. */
  readonly caFile: string;
}

export async function terminateTls(upstream: URL): Promise<TlsTerminator> {
  const folder = mkdtempSync(path.join(tmpdir(), 'brokers-tls-'));
  const servername = 'broker.test';
  const [keyFile, caFile] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')];
  const words =
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 ` +
    `-subj /CN=${servername} -addext subjectAltName=DNS:${servername}`;
  execFileSync('openssl', [...words.split(' '), '-keyout', keyFile, '-out', caFile], {
    stdio: 'pipe',
  });
  const server = createServer(
    { key: readFileSync(keyFile), cert: readFileSync(caFile) },
    (socket) => {
      const onward = connect({ host: upstream.hostname, port: Number(upstream.port) });
      socket.pipe(onward).pipe(socket);
      socket.on('error', () => onward.destroy());
      onward.on('error', () => socket.destroy());
      onward.on('close', () => socket.destroy());
    },
  );
  server.on('tlsClientError', () => undefined); // a client that refuses the certificate
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    servername,
    caFile,
    async [Symbol.asyncDispose]() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}
