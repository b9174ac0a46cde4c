/** Brokers that `fm up` left running: one descriptor in the state directory says where they are. */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import type { BrokerAddresses } from './connect.ts';
import { toxiproxyVersionAt } from './local/toxiproxy.ts';
import { openManagement } from './management.ts';
import { pingRedis } from './redis-probe.ts';

export interface WarmBrokers {
  /** The session that owns them; it lives for as long as this descriptor names it. */
  readonly session: string;
  readonly startedAt: string;
  readonly addresses: BrokerAddresses;
}

/** @returns the descriptor, or null when nothing is kept warm. */
export function readWarm(stateDir: string): WarmBrokers | null {
  try {
    return JSON.parse(readFileSync(descriptor(stateDir), 'utf8')) as WarmBrokers; // written by writeWarm alone
  } catch {
    return null;
  }
}

/** @returns false when somebody else's descriptor is there already. */
export function writeWarm(stateDir: string, warm: WarmBrokers): boolean {
  try {
    writeFileSync(descriptor(stateDir), JSON.stringify(warm), { mode: 0o600, flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false; // fs throws errno errors
    throw error;
  }
}

export function forgetWarm(stateDir: string): void {
  rmSync(descriptor(stateDir), { force: true });
}

/** Asks each of the servers, now. @returns null when all answer, else what does not. */
export async function whatIsSilent({ addresses }: WarmBrokers): Promise<string | null> {
  const { rabbitmq, redis, toxiproxy } = addresses;
  using management = openManagement(rabbitmq.managementUrl, rabbitmq.tls);
  const [overview, pong, version] = await Promise.all([
    management.request('GET', '/overview').then(
      ({ status }) => status === 200,
      () => false,
    ),
    pingRedis(redis),
    toxiproxy === null ? 'none' : toxiproxyVersionAt(toxiproxy.apiUrl),
  ]);
  if (!overview) return 'RabbitMQ';
  if (!pong) return 'Redis';
  return version === undefined ? 'Toxiproxy' : null;
}

function descriptor(stateDir: string): string {
  return path.join(stateDir, 'warm.json');
}
