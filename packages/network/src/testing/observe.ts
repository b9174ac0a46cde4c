/** Puts a fault on a link and writes down what each end of its connections sees. */
import type { Fault } from '@lab/contract';

import type { Observation } from '../faults/observations.ts';
import type { Link } from '../network.ts';
import { connectClient, connectPair, type BareServer, type End, type Pair } from './bench.ts';

/** How long nothing must happen before it counts as nothing. */
const silenceMs = 500;
/** What a fault that delays adds, at least: its latency, or {@link paddingLength} bytes at 10 kB/s. */
export const delayMs = 150;
const paddingLength = 10 * delayMs;

const line = (name: string): string => `${name} ${'x'.repeat(paddingLength)}\r\n`;

let connections = 0;

export async function observe(link: Link, server: BareServer, fault: Fault): Promise<Observation> {
  const idle = await connectPair(link, server);
  const up = await connectPair(link, server);
  const down = await connectPair(link, server);

  await fault.inject();
  const fresh = connectClient(link);
  const freshName = `FRESH-${(connections += 1)}`; // the server is shared by tests that run side by side
  up.client.send(line('UP'));
  down.server.send(line('+DOWN'));
  fresh.send(line(freshName));
  const freshLine = (): boolean => server.accepted.some((end) => isWhole(end, freshName));
  const [upBytes, downBytes, freshBytes] = await Promise.all([
    arrival(() => isWhole(up.server, 'UP')),
    arrival(() => isWhole(down.client, '+DOWN')),
    arrival(freshLine),
  ]);
  const onInject = {
    idle: fate(idle),
    up: `${upBytes}; ${fate(up)}`,
    down: `${downBytes}; ${fate(down)}`,
    fresh: `${freshBytes}; ${freshFate(fresh)}`,
  };

  await fault.heal();
  await silence();
  const onHeal = {
    idle: await usability(idle),
    up: `${isWhole(up.server, 'UP') ? 'bytes there' : 'bytes lost'}; ${await usability(up)}`,
    down: `${isWhole(down.client, '+DOWN') ? 'bytes there' : 'bytes lost'}; ${await usability(down)}`,
    fresh: `${freshLine() ? 'bytes there' : 'bytes lost'}; ${freshFate(fresh)}`,
  };
  return { onInject, onHeal };
}

/** What became of bytes sent under the first of two faults, in each direction, after each step. */
export async function observePair(
  link: Link,
  server: BareServer,
  [first, second]: readonly [Fault, Fault],
): Promise<readonly string[]> {
  const [up, down] = [await connectPair(link, server), await connectPair(link, server)];
  const seen: string[] = [];
  const look = async (step: string): Promise<void> => {
    await silence();
    const told = [
      whetherArrived(up.server, 'UP'),
      fate(up),
      whetherArrived(down.client, '+DOWN'),
      fate(down),
    ];
    seen.push(`${step}: ${told.join('; ')}`);
  };
  await first.inject();
  up.client.send(line('UP'));
  down.server.send(line('+DOWN'));
  await look(`${first.verb} on`);
  await second.inject();
  await look(`${second.verb} on`);
  await first.heal();
  await look(`${first.verb} healed`);
  await second.heal();
  await look(`${second.verb} healed`);
  return seen;
}

const whetherArrived = (end: End, name: string): string =>
  isWhole(end, name) ? 'bytes' : 'no bytes';

/** Waits as long as nothing must happen before it counts as nothing: an observation, not a trigger. */
export async function silence(): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, silenceMs));
}

async function arrival(arrived: () => boolean): Promise<string> {
  const sinceMs = performance.now();
  while (performance.now() - sinceMs < silenceMs) {
    if (arrived())
      return performance.now() - sinceMs > delayMs / 2 ? 'bytes late' : 'bytes at once';
    await new Promise(setImmediate);
  }
  return 'no bytes';
}

function isWhole(end: End, name: string): boolean {
  return end.received.includes(line(name));
}

function fate({ client, server }: Pair): string {
  if (client.fate === 'kept' && server.fate === 'kept') return 'kept';
  return `${client.fate} to client, ${server.fate} to server`;
}

function freshFate(client: End): string {
  if (client.fate === 'kept') return 'kept';
  return client.opened ? `opens, ${client.fate}` : 'refused';
}

/** As `fate`, but a connection counts as kept only if it still carries bytes both ways. */
async function usability(pair: Pair): Promise<string> {
  if (fate(pair) !== 'kept') return fate(pair);
  pair.client.send('AGAIN\r\n');
  pair.server.send('+AGAIN\r\n');
  await Promise.all([pair.server.got('AGAIN'), pair.client.got('+AGAIN')]);
  return 'kept';
}
