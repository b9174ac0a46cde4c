/**
 * Ports for servers that cannot be told "any". A port is reserved between labs by an exclusive file, seen
 * free by binding it, and taken from below the range the system uses for outgoing connections. Another
 * program may still be faster: the server then ends with "address in use" and is started again elsewhere.
 */
import { randomInt } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

import type { Session } from '../session.ts';
import { portFile } from '../session.ts';

const lowest = 22_000; // above the fixed ports of the compose stack
const highest = 32_767;
const attemptsMax = 200;

/** @returns a loopback port that is free now and that no other lab will choose while the session lives. */
export async function reservePort(session: Session): Promise<number> {
  mkdirSync(path.join(session.stateDir, 'ports'), { recursive: true });
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const port = randomInt(lowest, highest + 1);
    if (!reserve(portFile(session.stateDir, port), session.id)) continue;
    session.register({ kind: 'port', port });
    if (await isFree(port)) return port;
  }
  throw new Error(`no free loopback port found in ${attemptsMax} attempts`);
}

/** True when a server's last words say that somebody else was faster. */
export function isAddressInUse(output: string): boolean {
  return /eaddrinuse|address (already )?in use/i.test(output);
}

function reserve(file: string, sessionId: string): boolean {
  try {
    writeFileSync(file, sessionId, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false; // fs throws errno errors
    throw error;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () =>
      server.close(() => resolve(true)),
    );
  });
}
