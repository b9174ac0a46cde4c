/** `fm up` and `fm down`: brokers that stay between runs. */
import type { RuntimeKind } from './brokers.ts';
import { chooseRuntime, coldChoice } from './choose-runtime.ts';
import type { BrokerAddresses } from './connect.ts';
import { endWarm } from './end-warm.ts';
import { EnvironmentError } from './environment-error.ts';
import { startOn } from './provision.ts';
import { openSession } from './session.ts';
import { stateDirectory } from './state.ts';
import type { SweepReport } from './sweep.ts';
import { sweep } from './sweep.ts';
import { readWarm, whatIsSilent, writeWarm } from './warm.ts';

export interface UpOptions {
  readonly runtime?: RuntimeKind | 'auto';
  readonly signal?: AbortSignal;
  readonly say?: (line: string) => void;
}

export interface UpReport {
  readonly runtime: RuntimeKind;
  /** True when they ran already. */
  readonly alreadyUp: boolean;
  readonly versions: Readonly<Record<string, string>>;
  /** One sentence for people. */
  readonly summary: string;
}

/**
 * Starts brokers and leaves them running; later runs find them by a descriptor in the state directory.
 * @throws EnvironmentError when there are none to be had, or when `attached` is asked for: those run already.
 */
export async function up(options: UpOptions = {}): Promise<UpReport> {
  const say = options.say ?? (() => undefined);
  await sweep();
  const stateDir = stateDirectory();
  const known = readWarm(stateDir);
  if (known !== null) {
    const silent = await whatIsSilent(known);
    if (silent === null) return report(known.addresses, true);
    say(`${silent} of the brokers kept warm does not answer; ending them`);
    await endWarm(stateDir);
  }
  const choice =
    options.runtime === undefined || options.runtime === 'auto'
      ? await coldChoice()
      : await chooseRuntime({ runtime: options.runtime }, stateDir, say);
  if (choice.kind === 'attached') {
    throw new EnvironmentError({
      what: "attached brokers are not the lab's to start",
      where: 'fm up',
      next: 'fm up --runtime local',
    });
  }
  say(`brokers: ${choice.why}`);
  const session = openSession();
  const started = await startOn(choice, session, say, options.signal).catch(
    async (error: unknown) => {
      await session.end();
      throw error;
    },
  );
  const { addresses } = started;
  const startedAt = new Date().toISOString();
  if (
    options.signal?.aborted !== true &&
    writeWarm(stateDir, { session: session.id, startedAt, addresses })
  ) {
    session.disown(); // from here on they belong to the descriptor
    return report(addresses, false);
  }
  await started.stop();
  await session.end();
  options.signal?.throwIfAborted();
  say('another `fm up` was faster; its brokers serve as well');
  return report(readWarm(stateDir)?.addresses ?? addresses, true);
}

export interface DownReport extends SweepReport {
  readonly summary: string;
}

/** Ends the brokers kept warm and everything that dead labs left; living labs are not touched. */
export async function down(options: { say?: (line: string) => void } = {}): Promise<DownReport> {
  const stateDir = stateDirectory();
  const wasWarm = readWarm(stateDir) !== null;
  const swept = await endWarm(stateDir, { kept: true });
  for (const line of swept.left) options.say?.(`left: ${line}`);
  const ended = wasWarm ? 'the brokers kept warm are ended' : 'no brokers were kept warm';
  const others = swept.sessions - (wasWarm ? 1 : 0);
  const cleared =
    others > 0 ? `; cleared what ${others} dead lab${others === 1 ? '' : 's'} left` : '';
  return { ...swept, summary: `${ended}${cleared}` };
}

function report(addresses: BrokerAddresses, alreadyUp: boolean): UpReport {
  const versions = Object.entries(addresses.versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  return {
    runtime: addresses.runtime,
    alreadyUp,
    versions: addresses.versions,
    summary: `brokers ${alreadyUp ? 'were up already' : 'are up'} (${addresses.runtime}): ${versions}`,
  };
}
