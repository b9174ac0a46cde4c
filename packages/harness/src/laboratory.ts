/** The laboratory: brokers that are up, a session that owns what is made there, a server that carries link faults. */
import {
  openSession,
  provision,
  sweep,
  type AttachUrls,
  type Brokers,
  type RuntimeKind,
  type Session,
} from '@lab/brokers';
import { connectToxiproxy, embeddedProxyServer, type ProxyServer } from '@lab/network';

export interface Laboratory extends AsyncDisposable {
  readonly brokers: Brokers;
  readonly session: Session;
  readonly proxyServer: ProxyServer;
  /** Aborted when the user wants to stop; every wait listens to it. */
  readonly signal: AbortSignal;
  /** True leaves vhosts and keys of the cells in place. */
  readonly keep: boolean;
  /** False leaves taps and event files out: nothing can be held or judged then; it is for measuring what they cost. */
  readonly instruments: boolean;
}

export interface LaboratoryOptions {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: AttachUrls;
  readonly signal?: AbortSignal;
  readonly keep?: boolean;
  /** Hears, line by line, what is being done. */
  readonly say?: (line: string) => void;
}

/**
 * Clears what dead labs left, then provisions.
 * @throws EnvironmentError when no brokers can be had
 */
export async function openLaboratory(options: LaboratoryOptions = {}): Promise<Laboratory> {
  const signal = options.signal ?? new AbortController().signal;
  await sweep();
  const stack = new AsyncDisposableStack();
  try {
    const session = openSession();
    stack.defer(() => session.end());
    const brokers = stack.use(
      await provision({
        session,
        signal,
        runtime: options.runtime ?? 'auto',
        ...(options.attach === undefined ? {} : { attach: options.attach }),
        ...(options.say === undefined ? {} : { say: options.say }),
      }),
    );
    const proxyServer = stack.use(await openProxyServer(brokers, session.id));
    const owned = stack.move();
    return {
      brokers,
      session,
      proxyServer,
      signal,
      keep: options.keep ?? false,
      instruments: true,
      [Symbol.asyncDispose]: () => owned.disposeAsync(),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

function openProxyServer(brokers: Brokers, namePrefix: string): Promise<ProxyServer> | ProxyServer {
  if (brokers.toxiproxy === null) return embeddedProxyServer();
  const { apiUrl, listenHost, ports } = brokers.toxiproxy;
  return connectToxiproxy({
    apiUrl,
    listenHost,
    namePrefix: `${namePrefix}-`,
    ...(ports === undefined ? {} : { ports }),
  });
}
