/**
 * A round trip of the lab's own through a link's proxy, beside the tap: what shows that a fault is carried out and
 * that it is gone, whatever the carrier says of itself. It asks what a server answers to anybody, so that it needs no
 * credentials and leaves nothing behind.
 */
import type { EventBody, WireEvent } from '@lab/contract';

import type { Endpoint, ServerTarget } from './endpoint.ts';
import { dial } from './tap/dial.ts';

export interface RoundTrip {
  /** `refused`: no connection; `ended`: it ended before an answer; `silent`: no answer within the limit. */
  readonly outcome: Extract<EventBody, { readonly kind: 'probe' }>['outcome'];
  readonly tookMs: number;
}

/** Long enough that a throttled link is seen to be slow: at 10 kB/s this and its echo take 25 ms each. */
const payload = 'lab'.padEnd(250, '.');

/** Any bytes are an answer to these, also an error. */
const questions: Readonly<Record<WireEvent['protocol'], Buffer>> = {
  redis: Buffer.from(`*2\r\n$4\r\nPING\r\n$${payload.length}\r\n${payload}\r\n`),
  amqp: Buffer.from('AMQP\0\0\x09\x01', 'latin1'),
};

/**
 * Asks once, and leaves politely: a connection that was silent stays open, reading, until it is answered or ends. A
 * Toxiproxy waits for seconds with every chunk left for a client that is gone when its toxic is removed. Healing the
 * fault or removing the proxy ends it.
 */
export function roundTrip(
  proxy: Endpoint,
  options: {
    readonly target: ServerTarget;
    readonly protocol: WireEvent['protocol'];
    readonly limitMs: number;
  },
): Promise<RoundTrip> {
  const { target, protocol, limitMs } = options;
  const { promise, resolve } = Promise.withResolvers<RoundTrip>();
  const sinceMs = performance.now();
  const dialled = dial(proxy, target);
  const { stream } = dialled;
  const tell = (outcome: RoundTrip['outcome']): void => {
    clearTimeout(timer);
    resolve({ outcome, tookMs: performance.now() - sinceMs }); // the first to tell is heard
  };
  const timer = setTimeout(() => {
    tell('silent');
    stream.unref();
  }, limitMs);

  dialled.onReady(() => void stream.write(questions[protocol]));
  stream.once('data', () => {
    tell('answered');
    stream.end();
    stream.unref();
  });
  stream.on('data', () => undefined); // read on, so that nothing waits for it anywhere
  stream.once('end', () => {
    tell('ended');
    dialled.reset();
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    tell(error.syscall === 'connect' ? 'refused' : 'ended');
  });
  stream.once('close', () => tell('ended'));
  return promise;
}
