import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect, test } from 'vitest';

import { openManagement } from './management.ts';

/**
 * RabbitMQ closes a connection that was quiet for a while. What is asked on it at that moment is lost: this server has the
 * same happen to the second request of every connection.
 */
function closingServer() {
  const asked = new WeakSet<IncomingMessage['socket']>();
  return createServer((request, response) => {
    if (asked.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    asked.add(request.socket);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
}

test('a request is never lost with the connection of the one before it', async () => {
  const server = closingServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  try {
    using management = openManagement(`http://guest:guest@127.0.0.1:${port}`);
    for (let request = 0; request < 5; request += 1) {
      const { status } = await management.request('PUT', `/vhosts/${request}`);
      expect(status).toBe(200);
    }
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});
