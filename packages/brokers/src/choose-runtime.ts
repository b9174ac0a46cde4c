/** One function decides where brokers come from; the others find out what there is. */
import type { AttachUrls } from './attached.ts';
import { attachFromEnvironment } from './attached.ts';
import type { RuntimeKind } from './brokers.ts';
import type { BrokerAddresses } from './connect.ts';
import type { Engine } from './containers/engine.ts';
import { findEngine } from './containers/engine.ts';
import { chooseImages } from './containers/images.ts';
import { endWarm } from './end-warm.ts';
import { EnvironmentError } from './environment-error.ts';
import { findPrograms, missingPrograms } from './local/programs.ts';
import { readWarm, whatIsSilent } from './warm.ts';

export type Choice = { readonly why: string } & (
  | { readonly kind: 'warm'; readonly addresses: BrokerAddresses }
  | { readonly kind: 'attached'; readonly urls: AttachUrls }
  | { readonly kind: 'containers'; readonly engine: Engine }
  | { readonly kind: 'local' }
);

export interface Wanted {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: AttachUrls;
}

/**
 * Warm, else attached if named, else containers if an engine and the images are there, else local.
 * A runtime that is asked for by name is taken, never replaced.
 * @throws EnvironmentError when what is wanted is not to be had.
 */
export async function chooseRuntime(
  wanted: Wanted,
  stateDir: string,
  say: (line: string) => void,
): Promise<Choice> {
  const runtime = wanted.runtime ?? 'auto';
  if (wanted.attach !== undefined || runtime === 'attached') {
    refuseContradiction(runtime);
    const urls = { ...attachFromEnvironment(), ...wanted.attach };
    return { kind: 'attached', urls, why: `attached to ${attachedWhere(urls)}, as asked for` };
  }
  switch (runtime) {
    case 'containers':
      return { kind: 'containers', engine: await requireEngine(), why: 'containers, as asked for' };
    case 'local':
      requirePrograms();
      return { kind: 'local', why: 'local processes, as asked for' };
    case 'auto':
      return (await warmChoice(stateDir, say)) ?? (await coldChoice());
  }
}

/** What would be started if nothing ran already. */
export async function coldChoice(): Promise<Choice> {
  const named = attachFromEnvironment();
  if (named !== null) {
    return {
      kind: 'attached',
      urls: named,
      why: `attached to ${attachedWhere(named)}, named by the environment`,
    };
  }
  const engine = await findEngine();
  if (engine !== null && Object.values(await chooseImages(engine)).every(({ here }) => here)) {
    return {
      kind: 'containers',
      engine,
      why: 'containers, because an engine answers and has the images',
    };
  }
  if (missingPrograms(findPrograms()).length === 0) {
    const reason = engine === null ? 'no container engine answers' : 'the engine lacks the images';
    return {
      kind: 'local',
      why: `local processes, because ${reason} and the programs are installed`,
    };
  }
  throw new EnvironmentError({
    what: 'no brokers are to be had: none warm, none named, no container engine with the images, none installed',
    where: 'this machine',
    next: './scripts/lab setup',
  });
}

async function warmChoice(stateDir: string, say: (line: string) => void): Promise<Choice | null> {
  const warm = readWarm(stateDir);
  if (warm === null) return null;
  const silent = await whatIsSilent(warm);
  if (silent === null) {
    return { kind: 'warm', addresses: warm.addresses, why: 'warm, kept running by `fm up`' };
  }
  say(`${silent} of the brokers kept warm does not answer; ending them`);
  await endWarm(stateDir);
  return null;
}

function refuseContradiction(runtime: RuntimeKind | 'auto'): void {
  if (runtime === 'auto' || runtime === 'attached') return;
  throw new EnvironmentError({
    what: `both runtime ${runtime} and brokers to attach to are asked for`,
    where: 'options',
    next: 'give one of the two',
  });
}

async function requireEngine(): Promise<Engine> {
  const engine = await findEngine();
  if (engine !== null) return engine;
  throw new EnvironmentError({
    what: 'no container engine answers',
    where: process.env['DOCKER_HOST'] ?? '/var/run/docker.sock',
    next: './scripts/lab setup --containers',
  });
}

function requirePrograms(): void {
  const missing = missingPrograms(findPrograms());
  if (missing.length === 0) return;
  throw new EnvironmentError({
    what: `not installed: ${missing.join(', ')}`,
    where: 'PATH and the usual directories',
    next: './scripts/lab setup',
  });
}

function attachedWhere(urls: AttachUrls): string {
  const { rabbitmq } = urls;
  return rabbitmq === undefined
    ? 'the compose stack'
    : (URL.parse(rabbitmq)?.host ?? 'live brokers');
}
