/** A link between bare sockets, with what its tap records. */
import { embeddedProxyServer } from '../embedded/server.ts';
import { openNetwork, type Link } from '../network.ts';
import type { TapEvent } from '../tap-event.ts';
import type { BareServer } from './bench.ts';
import { command } from './resp-encoder.ts';

const ledger = '{cell}:ledger';

/** A command that means `effect`, as text: that is what a client end sends. */
export const effect = (key: string): string => {
  const entry = JSON.stringify({ entry: `e-${key}`, key, kind: 'effect', amount: 1, by: 'w' });
  return command('RPUSH', ledger, entry).toString();
};

let links = 0;

/** A link of its own with what it recorded, closed at the end of the test. */
export interface Tapped extends AsyncDisposable {
  readonly link: Link;
  /** Everything, in order. */
  readonly events: readonly TapEvent[];
  /** What was recorded of frames, a line each. */
  told(): string[];
}

export async function tapped(server: BareServer): Promise<Tapped> {
  const events: TapEvent[] = [];
  const proxyServer = embeddedProxyServer();
  const network = openNetwork({ proxyServer, record: (event) => void events.push(event) });
  links += 1;
  const spec = { from: `worker-${links}`, to: 'redis', protocol: 'redis', target: server } as const;
  return {
    link: await network.link(spec),
    events,
    told: () => linesOf(events.filter(({ kind }) => kind === 'wire')),
    async [Symbol.asyncDispose]() {
      await network[Symbol.asyncDispose]();
      await proxyServer[Symbol.asyncDispose]();
    },
  };
}

/** `held effect job-1`, `opened 1`, `ended 1 by client, fin`. */
export function linesOf(events: readonly TapEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'wire') {
      const { passage, means, frame, keys = [] } = event;
      return [passage, means ?? frame, ...keys].join(' ');
    }
    const { phase, connection, by, how } = event;
    return [`${phase} ${connection}${by ? ` by ${by}` : ''}`, ...(how ? [how] : [])].join(', ');
  });
}
