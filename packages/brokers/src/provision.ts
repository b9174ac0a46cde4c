/** Brings brokers to a run, from wherever they are best to be had. */
import type { AttachUrls } from './attached.ts';
import { attach } from './attached.ts';
import type { BrokerControl, Brokers, RuntimeKind } from './brokers.ts';
import type { Choice } from './choose-runtime.ts';
import { chooseRuntime } from './choose-runtime.ts';
import type { BrokerAddresses } from './connect.ts';
import { connect } from './connect.ts';
import { startContainers } from './containers/containers.ts';
import { startLocal } from './local/local.ts';
import type { Session } from './session.ts';

export interface ProvisionOptions {
  readonly runtime?: RuntimeKind | 'auto';
  /** URLs of live brokers; given, even empty (the compose stack), it asks for `attached`. */
  readonly attach?: AttachUrls;
  readonly session: Session;
  /** Aborting it ends a provisioning half-way with nothing left. */
  readonly signal?: AbortSignal;
  /** True: disposing the brokers leaves them, and what was made on them, in place. */
  readonly keep?: boolean;
  /** Takes one line of progress at a time. */
  readonly say?: (line: string) => void;
}

/**
 * @returns live brokers; dispose them before the session is ended.
 * @throws EnvironmentError when there are none to be had, with the command that mends it; the signal's reason when aborted.
 */
export async function provision(options: ProvisionOptions): Promise<Brokers> {
  const { session, signal, say = () => undefined } = options;
  signal?.throwIfAborted();
  const choice = await chooseRuntime(options, session.stateDir, say);
  say(`brokers: ${choice.why}`);
  const started = await startOn(choice, session, say, signal);
  if (signal?.aborted === true) {
    await started.stop();
    signal.throwIfAborted();
  }
  const warm = choice.kind === 'warm';
  return connect({ ...started, session, warm, why: choice.why, keep: options.keep === true });
}

export interface Started {
  readonly addresses: BrokerAddresses;
  readonly control?: BrokerControl;
  readonly stop: () => Promise<void>;
}

/** Starts what the choice says, or finds it running. */
export async function startOn(
  choice: Choice,
  session: Session,
  say: (line: string) => void,
  signal?: AbortSignal,
): Promise<Started> {
  switch (choice.kind) {
    case 'warm':
      return { addresses: choice.addresses, stop: nothingToStop };
    case 'attached':
      return { addresses: await attach(choice.urls), stop: nothingToStop };
    case 'containers':
      return startContainers(choice.engine, session, say, signal);
    case 'local':
      return startLocal(session, signal);
  }
}

/** Warm and attached brokers go on running. */
function nothingToStop(): Promise<void> {
  return Promise.resolve();
}
