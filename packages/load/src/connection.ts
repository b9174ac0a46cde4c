/**
 * A connection to RabbitMQ that comes back. Whatever lives on it is made anew by `setup`; a lost channel or consumer
 * takes the same way back as a lost connection. Nagle's algorithm is off: with it a request and its answer wait for
 * each other's acknowledgements and two fifths of the capacity are gone.
 */
import { UnreachableError, within } from '@lab/contract';
import amqp, { type ChannelModel } from 'amqplib';
import type { Logger } from 'pino';

/** Longest that connecting, and setting up what lives on a connection, may take, ms: nothing in amqplib ends them. */
const limitMs = 5000;

const goodbyeLimitMs = 1000;

export interface Connection {
  /** Never rejects; takes a second at most. */
  close(): Promise<void>;
}

/**
 * Connects, and connects again after a bounded pause (100 ms, doubling to 1 s) whenever the connection is lost.
 * There is no heartbeat: a program that stands still, or a link that carries nothing, keeps its connection until
 * somebody closes it.
 * @param setup makes channels and consumers; run for every connection
 * @throws UnreachableError when the first connection fails
 */
export async function connectRabbitmq(
  url: string,
  log: Logger,
  setup: (model: ChannelModel) => Promise<void>,
): Promise<Connection> {
  const target = new URL(url);
  target.searchParams.set('heartbeat', '0');
  try {
    const connection = await amqp.connect(target.href, {
      noDelay: true,
      timeout: limitMs,
      recovery: {
        initialDelay: 100,
        maxDelay: 1000,
        initialMaxRetries: 0,
        setup: (model: ChannelModel) => {
          model.on('error', (error: Error) =>
            log.warn({ error: error.message }, 'amqp connection error'),
          );
          return within('queues, channel and consumer', setup(model), { limitMs });
        },
      },
    });
    connection.on('error', () => undefined); // logged by the listener on the model itself
    connection.on('disconnect', (error) => log.warn({ error: error.message }, 'amqp disconnected'));
    connection.on('connect', () => log.info('amqp reconnected'));
    return {
      // A goodbye to a broker that does not answer must not keep the program.
      close: () =>
        within('goodbye of the broker', connection.close(), { limitMs: goodbyeLimitMs }).catch(
          (error: unknown) => log.warn({ error: String(error) }, 'amqp not closed'),
        ),
    };
  } catch (error) {
    throw new UnreachableError(`cannot reach RabbitMQ at ${target.host}: ${describe(error)}`, {
      cause: error,
    });
  }
}

/** Does something on a channel; amqplib throws where that is on its way out, and then nothing is done. */
export function ignoringClosed(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof amqp.IllegalOperationError)) throw error;
  }
}

/** What went wrong, in a line. */
export function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(String).join(', '); // localhost: IPv6 and IPv4
  return error instanceof Error ? error.message : String(error);
}
