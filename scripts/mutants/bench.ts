/**
 * Where mutants are tried: the copy, a state of its own for the lab's sessions, and brokers that were brought up once.
 * Disposing ends the brokers, clears what killed runs left, and removes the folder.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runNode, type Ended } from './command.ts';
import { copyCheckout, type Copy } from './copy.ts';

export interface Bench extends AsyncDisposable {
  readonly copy: Copy;
  /** Runs of the lab are recorded under it. */
  readonly folder: string;
  /** Calls the copy's `fm`; with `ownBrokers` it starts brokers for itself and ends them. */
  fm(words: readonly string[], options?: { readonly ownBrokers?: boolean }): Promise<Ended>;
  /** Calls vitest on the copy. */
  vitest(words: readonly string[]): Promise<Ended>;
  /** Brings brokers up for all calls of `fm`. @throws NoBrokers */
  bringBrokersUp(): Promise<void>;
  /** A file for the notes of lines that ran. */
  notesOf(mutant: string): string;
  /** The numbers noted there so far. */
  notedIn(notes: string): Set<number>;
}

/** This machine has no brokers to try anything on. */
export class NoBrokers extends Error {
  override readonly name = 'NoBrokers';
}

/** A run of the whole grid takes a quarter of that on two cores. */
const limitMs = 120_000;

export function openBench(
  checkout: string,
  options: { readonly signal: AbortSignal; readonly keep: boolean },
): Bench {
  const folder = mkdtempSync(join(tmpdir(), 'lab-mutants-'));
  const at = (name: string): string => join(folder, name);
  let copy: Copy;
  try {
    copy = copyCheckout(checkout, at('checkout'));
    mkdirSync(at('notes'));
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  const states = new Set<string>();

  const call = (words: readonly string[], state: string, signal: AbortSignal): Promise<Ended> => {
    states.add(state);
    return runNode(words, {
      cwd: copy.folder,
      env: {
        ...withoutBrokers(process.env),
        ...privateTo(state, at('compiled')),
        ...brokersForTests(state),
      },
      limitMs,
      signal,
    });
  };
  const fmFile = join(copy.folder, 'packages', 'cli', 'src', 'fm.ts');

  return {
    copy,
    folder,
    fm: (words, { ownBrokers = false } = {}) =>
      ownBrokers
        ? call([fmFile, ...words, '--runtime', 'local'], at('own-state'), options.signal)
        : call([fmFile, ...words], at('state'), options.signal),
    vitest: (words) =>
      call(
        [join(copy.folder, 'node_modules', 'vitest', 'vitest.mjs'), ...words],
        at('state'),
        options.signal,
      ),
    async bringBrokersUp() {
      const { exitCode, stderr } = await this.fm(['up', '--runtime', 'local']);
      if (exitCode !== 0) throw new NoBrokers(`no brokers came up:\n${stderr.trimEnd()}`);
    },
    notesOf: (mutant) => join(folder, 'notes', mutant),
    notedIn: (notes) =>
      new Set(existsSync(notes) ? readFileSync(notes, 'utf8').split('\n').map(Number) : []),
    async [Symbol.asyncDispose]() {
      const never = new AbortController().signal; // also after an interruption
      for (const state of states) await call([fmFile, 'down'], state, never);
      if (options.keep) console.error(`kept: ${folder}`);
      else rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What of `fm up`'s own note is read here. */
interface Warm {
  readonly addresses: {
    readonly rabbitmq: {
      readonly direct: { readonly host: string; readonly port: number };
      readonly managementUrl: string;
      readonly username: string;
      readonly password: string;
    };
    readonly redis: { readonly direct: { readonly host: string; readonly port: number } };
    readonly toxiproxy: { readonly apiUrl: string } | null;
  };
}

/** Where the live tests find brokers, once some are up. */
function brokersForTests(state: string): NodeJS.ProcessEnv {
  const file = join(state, 'warm.json');
  if (!existsSync(file)) return {};
  const { addresses } = JSON.parse(readFileSync(file, 'utf8')) as Warm; // written by the copy's own `fm`
  const { rabbitmq, redis, toxiproxy } = addresses;
  const login = `${rabbitmq.username}:${rabbitmq.password}`;
  return {
    LAB_DEV_RABBITMQ_URL: `amqp://${login}@${rabbitmq.direct.host}:${rabbitmq.direct.port}`,
    LAB_DEV_MANAGEMENT_URL: rabbitmq.managementUrl,
    LAB_DEV_REDIS_URL: `redis://${redis.direct.host}:${redis.direct.port}`,
    LAB_DEV_TOXIPROXY_URL: toxiproxy?.apiUrl ?? '',
  };
}

/** What is compiled from the copy is of no use to anybody else. */
function privateTo(state: string, compiled: string): NodeJS.ProcessEnv {
  return { LAB_STATE: state, NODE_COMPILE_CACHE: compiled, NO_COLOR: '1', FORCE_COLOR: undefined };
}

/** Brokers that the user's own shell names are not to be harmed. */
function withoutBrokers(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(
      ([name]) => !/^LAB_.*_URL$|^LAB_FAILURE_MODES$|^GITHUB_ACTIONS$/.test(name),
    ),
  );
}
