/** A link between bare sockets, with what its tap records. */
import type { WireEvent } from '@lab/contract';

import { embeddedProxyServer } from '../embedded/server.ts';
import { openNetwork, type Link } from '../network.ts';
import type { BareServer } from './bench.ts';

const ledger = '{cell}:ledger';

/** A command that means `effect`, as an inline command: the client end sends text. */
export const effect = (key: string): string => {
  const entry = JSON.stringify({ entry: `e-${key}`, key, kind: 'effect', amount: 1, by: 'w' });
  return `RPUSH ${ledger} ${entry}\r\n`;
};

let links = 0;

/** A link of its own with what it recorded, closed at the end of the test. */
export async function tapped(
  server: BareServer,
): Promise<{ link: Link; told: () => string[] } & AsyncDisposable> {
  const events: WireEvent[] = [];
  const proxyServer = embeddedProxyServer();
  const network = openNetwork({ proxyServer, record: (event) => void events.push(event) });
  links += 1;
  const spec = { from: `worker-${links}`, to: 'redis', protocol: 'redis', target: server } as const;
  return {
    link: await network.link(spec),
    told: () =>
      events.map(({ passage, means, frame, keys }) =>
        [passage, means ?? frame, ...(keys ?? [])].join(' '),
      ),
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]();
      await proxyServer[Symbol.asyncDispose]();
    },
  };
}
