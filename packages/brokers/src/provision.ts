/** Brings brokers to a run, from wherever they are best to be had. */
import type { Brokers, RuntimeKind } from './brokers.ts';
import { connect } from './connect.ts';
import { startLocal } from './local/local.ts';
import type { Session } from './session.ts';

export interface ProvisionOptions {
  readonly runtime?: RuntimeKind | 'auto';
  /** URLs of live brokers; given, even empty, it asks for `attached`. */
  readonly attach?: AttachUrls;
  readonly session: Session;
  /** Aborting it ends a provisioning half-way with nothing left. */
  readonly signal?: AbortSignal;
  /** Takes one line of progress at a time. */
  readonly say?: (line: string) => void;
}

export interface AttachUrls {
  readonly rabbitmq?: string;
  readonly management?: string;
  readonly redis?: string;
  readonly toxiproxy?: string;
}

/**
 * @returns live brokers; dispose them before the session is ended.
 * @throws EnvironmentError when there are none to be had, with the command that mends it.
 */
export async function provision(options: ProvisionOptions): Promise<Brokers> {
  const { addresses, stop } = await startLocal(options.session, options.signal);
  return connect({
    addresses,
    session: options.session,
    warm: false,
    why: 'asked for',
    stop,
  });
}
