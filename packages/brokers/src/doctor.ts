/** `fm doctor`: what is here, which versions, which runtime would be used and why, and what mends what is missing. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { attachFromEnvironment } from './attached.ts';
import type { RuntimeKind } from './brokers.ts';
import { coldChoice } from './choose-runtime.ts';
import { engineVersion, findEngine } from './containers/engine.ts';
import { chooseImages } from './containers/images.ts';
import { EnvironmentError } from './environment-error.ts';
import { findPrograms, toxiproxyVersion } from './local/programs.ts';
import { rabbitmqVersionOf } from './local/versions.ts';
import { stateDirectory } from './state.ts';
import { readWarm, whatIsSilent } from './warm.ts';

export interface DoctorReport {
  /** Whether `fm 001` would find brokers. */
  readonly usable: boolean;
  /** The runtime that would be used; null when none. */
  readonly runtime: RuntimeKind | null;
  readonly why: string;
  readonly stateDirectory: string;
  readonly checks: readonly DoctorCheck[];
}

export interface DoctorCheck {
  /** `rabbitmq-server`, `image redis`, `node`, … */
  readonly name: string;
  /** Which runtime it serves; null for what all need. */
  readonly runtime: RuntimeKind | null;
  readonly state: 'ok' | 'missing' | 'optional';
  /** Version and place, or what was looked for. */
  readonly found: string;
  /** The command that mends it; null when there is nothing to mend. */
  readonly mend: string | null;
}

const setUp = './scripts/lab setup';
const setUpContainers = './scripts/lab setup --containers';

/** Looks and asks; starts and changes nothing. */
export async function doctor(): Promise<DoctorReport> {
  const stateDir = stateDirectory();
  const [local, containers, decision] = await Promise.all([
    localChecks(),
    containerChecks(),
    decide(stateDir),
  ]);
  const checks = [nodeCheck(), ...local, ...containers, ...attachedChecks()];
  return {
    ...decision,
    stateDirectory: stateDir,
    // What one runtime lacks is no fault as long as another can be used.
    checks: decision.usable
      ? checks.map((check) =>
          check.state === 'missing' ? { ...check, state: 'optional' as const } : check,
        )
      : checks,
  };
}

async function decide(stateDir: string): Promise<Pick<DoctorReport, 'usable' | 'runtime' | 'why'>> {
  const warm = readWarm(stateDir);
  if (warm !== null && (await whatIsSilent(warm)) === null) {
    const why = `brokers kept warm since ${warm.startedAt} answer`;
    return { usable: true, runtime: warm.addresses.runtime, why };
  }
  try {
    const choice = await coldChoice();
    return { usable: true, runtime: choice.kind === 'warm' ? null : choice.kind, why: choice.why };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return { usable: false, runtime: null, why: error.what };
  }
}

function nodeCheck(): DoctorCheck {
  return {
    name: 'node',
    runtime: null,
    state: 'ok',
    found: `${process.versions.node} at ${process.execPath}`,
    mend: null,
  };
}

async function localChecks(): Promise<DoctorCheck[]> {
  const programs = findPrograms();
  return Promise.all([
    programCheck('rabbitmq-server', programs.rabbitmq, (program) =>
      Promise.resolve(rabbitmqVersionOf(program)),
    ),
    programCheck('erl', programs.erlang, (program) => erlangVersionOf(program)),
    programCheck('redis-server', programs.redis, (program) =>
      firstLine(program, ['--version'], /v=(\S+)/),
    ),
    // Without it the embedded stand-in carries the link faults.
    programCheck(
      'toxiproxy-server',
      programs.toxiproxy,
      (program) =>
        Promise.resolve(
          program.includes(`toxiproxy-${toxiproxyVersion}`) ? toxiproxyVersion : 'found',
        ),
      'optional',
    ),
  ]);
}

async function programCheck(
  name: string,
  program: string | null,
  version: (program: string) => Promise<string>,
  state: 'missing' | 'optional' = 'missing',
): Promise<DoctorCheck> {
  return {
    name,
    runtime: 'local',
    state: program === null ? state : 'ok',
    found: program === null ? 'not found' : `${await version(program)} at ${program}`,
    mend: program === null ? setUp : null,
  };
}

async function containerChecks(): Promise<DoctorCheck[]> {
  const engine = await findEngine();
  if (engine === null) {
    return [
      {
        name: 'container engine',
        runtime: 'containers',
        state: 'optional',
        found: `none answers at ${process.env['DOCKER_HOST'] ?? 'the usual sockets'}`,
        mend: setUpContainers,
      },
    ];
  }
  const images = Object.values(await chooseImages(engine));
  return [
    {
      name: 'container engine',
      runtime: 'containers',
      state: 'ok',
      found: `${await engineVersion(engine)} at ${engine.address}`,
      mend: null,
    },
    ...images.map(({ part, image, here }): DoctorCheck => ({
      name: `image ${part}`,
      runtime: 'containers',
      state: here ? 'ok' : 'optional',
      found: here ? image : `${image} is not on the engine`,
      mend: here ? null : `docker pull ${image}, or ${setUpContainers}`,
    })),
  ];
}

function attachedChecks(): DoctorCheck[] {
  const urls = attachFromEnvironment();
  if (urls === null) return [];
  return Object.entries(urls).map(([name, url]) => ({
    name: `attached ${name}`,
    runtime: 'attached',
    state: 'ok',
    found: `named by the environment: ${URL.parse(url)?.host ?? url}`,
    mend: null,
  }));
}

function erlangVersionOf(program: string): Promise<string> {
  const ask = 'io:format("~s", [erlang:system_info(otp_release)]), halt().';
  return firstLine(program, ['-noinput', '-boot', 'start_clean', '-eval', ask], /(\d+)/);
}

async function firstLine(
  program: string,
  args: readonly string[],
  version: RegExp,
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, [...args], { timeout: 5000 });
    return version.exec(stdout)?.[1] ?? 'unknown version';
  } catch {
    return 'found, but it does not start';
  }
}
