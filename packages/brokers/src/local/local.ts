/** The `local` runtime: the three servers as child processes, started side by side. */
import { randomBytes } from 'node:crypto';

import type { BrokerControl } from '../brokers.ts';
import type { BrokerAddresses } from '../connect.ts';
import { endProcesses } from '../end-processes.ts';
import { EnvironmentError } from '../environment-error.ts';
import type { Session } from '../session.ts';
import { localControl } from './control.ts';
import { findPrograms, missingPrograms } from './programs.ts';
import type { LocalRabbitmq } from './rabbitmq.ts';
import { startRabbitmq } from './rabbitmq.ts';
import type { LocalRedis } from './redis.ts';
import { startRedis } from './redis.ts';
import type { LocalToxiproxy } from './toxiproxy.ts';
import { startToxiproxy } from './toxiproxy.ts';

/** Starts RabbitMQ, Redis and, where it is installed, Toxiproxy. Stops all of them when one does not start. */
export async function startLocal(
  session: Session,
  signal?: AbortSignal,
): Promise<{ addresses: BrokerAddresses; control: BrokerControl; stop: () => Promise<void> }> {
  const programs = findPrograms();
  if (programs.rabbitmq === null || programs.erlang === null || programs.redis === null) {
    throw new EnvironmentError({
      what: `not installed: ${missingPrograms(programs).join(', ')}`,
      where: 'PATH and the usual directories',
      next: './scripts/lab setup',
    });
  }
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  // One that does not start calls the others off; all are waited for, so that none starts unseen.
  const callOff = async <Server>(server: Promise<Server>): Promise<Server> => {
    try {
      return await server;
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
  const starting = [
    callOff(
      startRabbitmq(
        session,
        { rabbitmq: programs.rabbitmq, erlang: programs.erlang },
        randomBytes(12).toString('hex'),
        either,
      ),
    ),
    callOff(startRedis(session, programs.redis, either)),
    programs.toxiproxy === null
      ? Promise.resolve(null)
      : callOff(startToxiproxy(session, programs.toxiproxy, either)),
  ] as const;
  try {
    const [rabbitmq, redis, toxiproxy] = await Promise.all(starting);
    const servers = [rabbitmq, redis, ...(toxiproxy === null ? [] : [toxiproxy])];
    for (const server of servers) server.assertRunning();
    return {
      addresses: addressesOf(rabbitmq, redis, toxiproxy),
      control: localControl(session, programs.erlang, rabbitmq, redis),
      async stop() {
        await Promise.all(servers.map((server) => server.stop()));
      },
    };
  } catch (error) {
    await Promise.allSettled(starting);
    await endProcesses([], (marked) => marked.session === session.id && marked.part !== undefined);
    throw error;
  }
}

function addressesOf(
  rabbitmq: LocalRabbitmq,
  redis: LocalRedis,
  toxiproxy: LocalToxiproxy | null,
): BrokerAddresses {
  const host = '127.0.0.1';
  const rabbitmqAt = { host, port: rabbitmq.port };
  const redisAt = { host, port: redis.port };
  return {
    runtime: 'local',
    rabbitmq: {
      version: rabbitmq.version,
      direct: rabbitmqAt,
      fromProxy: rabbitmqAt,
      managementUrl: rabbitmq.managementUrl,
      username: rabbitmq.username,
      password: rabbitmq.password,
    },
    redis: {
      version: redis.version,
      direct: redisAt,
      fromProxy: redisAt,
      username: '',
      password: '',
      database: 0,
    },
    toxiproxy:
      toxiproxy === null
        ? null
        : {
            apiUrl: toxiproxy.apiUrl,
            version: toxiproxy.version,
            listenHost: host,
          },
    versions: {
      rabbitmq: rabbitmq.version,
      erlang: rabbitmq.erlangVersion,
      redis: redis.version,
      ...(toxiproxy === null ? {} : { toxiproxy: toxiproxy.version }),
    },
  };
}
