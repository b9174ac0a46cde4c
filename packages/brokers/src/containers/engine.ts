/**
 * The container engine's own API, as far as finding things out and clearing up need it. Starting is
 * testcontainers' work; asking it whether an engine is there would cost half a second of every run.
 */
import { existsSync } from 'node:fs';
import http from 'node:http';
import { homedir } from 'node:os';
import path from 'node:path';

import { exchange, type HttpAnswer } from '../http-exchange.ts';

export interface Engine {
  /** `unix:///var/run/docker.sock`, `tcp://host:2375`. */
  readonly address: string;
  /** True for an engine on a socket of this machine. */
  readonly isLocal: boolean;
  /** @param path of the Docker Engine API, e.g. `/containers/json?all=1`. */
  request(method: string, path: string, body?: unknown): Promise<HttpAnswer>;
}

/**
 * A ping is answered at once or not at all. Work may take long: removing a container ends one process of the engine's for
 * each port it publishes, and 64 of them took more than ten seconds on two busy cores; who asks meanwhile waits too.
 */
const pingLimitMs = 10_000;
const workLimitMs = 120_000;

const ping = '/_ping';

/** @returns the engine that answers, or null. */
export async function findEngine(env: NodeJS.ProcessEnv = process.env): Promise<Engine | null> {
  for (const address of candidates(env)) {
    const engine = engineAt(address);
    if (engine === null) continue;
    try {
      if ((await engine.request('GET', ping)).status === 200) return engine;
    } catch {
      continue; // a socket that nobody listens on
    }
  }
  return null;
}

/** @returns the version the engine reports. */
export async function engineVersion(engine: Engine): Promise<string> {
  const { body } = await engine.request('GET', '/version');
  return (body as { Version?: string } | null)?.Version ?? 'unknown'; // Docker Engine API, GET /version
}

/** @returns whether the engine has the image already. */
export async function hasImage(engine: Engine, image: string): Promise<boolean> {
  return (await engine.request('GET', `/images/${image}/json`)).status === 200;
}

function candidates(env: NodeJS.ProcessEnv): string[] {
  const named = env['DOCKER_HOST'];
  if (named !== undefined && named !== '') return [named];
  return [
    '/var/run/docker.sock',
    path.join(homedir(), '.docker', 'run', 'docker.sock'),
    path.join(homedir(), '.colima', 'default', 'docker.sock'),
    path.join(env['XDG_RUNTIME_DIR'] ?? '/nonexistent', 'docker.sock'),
    path.join(env['XDG_RUNTIME_DIR'] ?? '/nonexistent', 'podman', 'podman.sock'),
  ]
    .filter((socket) => existsSync(socket))
    .map((socket) => `unix://${socket}`);
}

function engineAt(address: string): Engine | null {
  const url = URL.parse(address);
  if (url === null) return null;
  const isLocal = url.protocol === 'unix:';
  const target = isLocal
    ? { socketPath: url.pathname }
    : { host: url.hostname, port: Number(url.port === '' ? 2375 : url.port) };
  return {
    address,
    isLocal,
    request: (method, requestPath, content) => {
      const limitMs = requestPath === ping ? pingLimitMs : workLimitMs;
      return exchange(
        http,
        {
          ...target,
          method,
          path: requestPath,
          timeout: limitMs,
          agent: false,
          headers: { 'content-type': 'application/json' },
        },
        content === undefined ? undefined : JSON.stringify(content),
        `no answer from ${address} within ${limitMs} ms`,
      );
    },
  };
}
