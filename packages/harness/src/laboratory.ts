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
  /** True leaves brokers, and vhosts and keys of the cells, in place for looking at; `fm down` clears them. */
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
  const { keep = false, signal = new AbortController().signal } = options;
  await sweep();
  const stack = new AsyncDisposableStack();
  try {
    const session = openSession();
    let leave: () => void | Promise<void> = () => session.end();
    stack.defer(async () => leave());
    const brokers = stack.use(
      await provision({
        session,
        signal,
        keep,
        runtime: options.runtime ?? 'auto',
        ...(options.attach === undefined ? {} : { attach: options.attach }),
        ...(options.say === undefined ? {} : { say: options.say }),
      }),
    );
    if (keep) leave = () => session.disown(); // not yet worth looking at: the next run clears it
    const proxyServer = stack.use(await openProxyServer(brokers, session.id));
    const owned = stack.move();
    if (keep) leave = () => session.keep();
    return {
      brokers,
      session,
      proxyServer,
      signal,
      keep,
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
