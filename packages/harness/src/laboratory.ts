/** The laboratory: brokers that are up, a session that owns what is made there, a server that carries link faults. */
import {
  EnvironmentError,
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
    const brokers = await provision({
      session,
      signal,
      keep,
      runtime: options.runtime ?? 'auto',
      ...(options.attach === undefined ? {} : { attach: options.attach }),
      ...(options.say === undefined ? {} : { say: options.say }),
    });
    const onFailure = (): void => {
      leave = () => session.disown(); // what could not be removed stays in its registry
    };
    stack.defer(() => cleared(brokers, brokers, onFailure));
    if (keep) leave = () => session.disown(); // not yet worth looking at: the next run clears it
    const proxyServer = await openProxyServer(brokers, session.id);
    stack.defer(() => cleared(brokers, proxyServer, onFailure));
    const owned = stack.move();
    if (keep) leave = () => session.keep();
    return {
      brokers,
      session,
      proxyServer,
      signal,
      keep,
      instruments: true,
      [Symbol.asyncDispose]: () => owned.disposeAsync().catch(throwFirst),
    };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

/**
 * Disposes what stands on the brokers, or the brokers. What is made on a server that this run started ends with it, also when
 * the server is gone already.
 * @throws EnvironmentError when something could not be removed from a server that outlives this run
 */
async function cleared(
  brokers: Brokers,
  what: AsyncDisposable,
  onFailure: () => void,
): Promise<void> {
  try {
    await what[Symbol.asyncDispose]();
  } catch (cause) {
    if (brokers.control !== null && what !== brokers) return;
    onFailure();
    throw new EnvironmentError(
      {
        what: 'not all that the lab made could be removed',
        where: `the servers of this run, ${brokers.runtime}`,
        why: cause instanceof Error ? cause.message : String(cause),
        next: 'pnpm fm down, once they answer again',
      },
      { cause },
    );
  }
}

/** Of several things that could not be removed because their servers are gone, the first says enough. */
function throwFirst(error: unknown): never {
  const first = error instanceof SuppressedError ? (error.suppressed as unknown) : error;
  throw first instanceof EnvironmentError ? first : error;
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
