/**
 * RabbitMQ as a child process. What makes it private: its own node name, cookie, ports, data and logs, and
 * no epmd at all (the node's distribution port is given to it, so nothing has to be looked up).
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { z } from 'zod';

import { until } from '../condition.ts';
import type { Management } from '../management.ts';
import { openManagement } from '../management.ts';
import type { Session } from '../session.ts';
import { linkModules } from './modules.ts';
import { linkNeededPlugins } from './plugins.ts';
import { reservePort } from './ports.ts';
import type { ServerProcess, ServerProgram } from './server-process.ts';
import { startServer } from './server-process.ts';
import { readyOrRetry } from './start-with-retry.ts';

export interface LocalRabbitmq {
  readonly node: string;
  readonly port: number;
  readonly distributionPort: number;
  readonly managementUrl: string;
  readonly username: string;
  readonly password: string;
  /** Private: data, logs, cookie. */
  readonly directory: string;
  readonly version: string;
  readonly erlangVersion: string;
  /** @throws ServerEnded when it runs no more. */
  assertRunning(): void;
  /** Kills it and starts it again on the same ports with the same data. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RabbitmqPrograms {
  /** RabbitMQ's own script. */
  readonly rabbitmq: string;
  readonly erlang: string;
}

const bootLimitMs = 60_000;
const username = 'lab';

/** Starts it and waits until the management API of this very node answers. */
export function startRabbitmq(
  session: Session,
  programs: RabbitmqPrograms,
  secret: string,
  signal?: AbortSignal,
): Promise<LocalRabbitmq> {
  return readyOrRetry(async () => {
    signal?.throwIfAborted();
    const ports = {
      amqp: await reservePort(session),
      management: await reservePort(session),
      distribution: await reservePort(session),
    };
    const node = `lab-${session.id}@localhost`;
    const directory = path.join(session.directory, 'rabbitmq');
    const prepared = prepareNode(directory, programs, node, ports, secret);
    const managementUrl = `http://${username}:${secret}@127.0.0.1:${ports.management}`;
    let running = await startServer(session, prepared);

    async function ready(abort?: AbortSignal): Promise<Overview> {
      using management = openManagement(managementUrl);
      return await until(
        {
          condition: `RabbitMQ's management API answers on 127.0.0.1:${ports.management}`,
          limitMs: bootLimitMs,
          everyMs: 40,
          signal: abort,
        },
        () => overviewOf(running, management, node),
      );
    }
    try {
      const overview = await ready(signal);
      return {
        node,
        port: ports.amqp,
        distributionPort: ports.distribution,
        managementUrl,
        username,
        password: secret,
        directory,
        version: overview.rabbitmq_version,
        erlangVersion: overview.erlang_version,
        assertRunning: () => running.assertRunning(),
        async restart() {
          await running.stop();
          running = await startServer(session, prepared);
          await ready();
        },
        stop: () => running.stop(),
      };
    } catch (error) {
      await running.stop();
      throw error;
    }
  });
}

const overviewSchema = z.object({
  node: z.string(),
  rabbitmq_version: z.string(),
  erlang_version: z.string(),
});

type Overview = z.infer<typeof overviewSchema>;

async function overviewOf(
  started: ServerProcess,
  management: Management,
  node: string,
): Promise<Overview | undefined> {
  started.assertRunning();
  try {
    const reply = await management.request('GET', '/overview');
    const overview = overviewSchema.safeParse(reply.body);
    // The name tells this node from another lab's that was faster to take the port.
    return overview.success && overview.data.node === node ? overview.data : undefined;
  } catch {
    return undefined; // not listening yet
  }
}

function prepareNode(
  directory: string,
  programs: RabbitmqPrograms,
  node: string,
  ports: { amqp: number; management: number; distribution: number },
  secret: string,
): ServerProgram {
  rmSync(directory, { recursive: true, force: true }); // of an attempt on other ports
  mkdirSync(path.join(directory, 'log'), { recursive: true, mode: 0o700 });
  const file = (name: string): string => path.join(directory, name);
  writeFileSync(file('enabled_plugins'), '[rabbitmq_management].\n');
  writeFileSync(file('.erlang.cookie'), secret, { mode: 0o600 });
  writeFileSync(file('lab.config'), nodeConfig(ports.management, secret), { mode: 0o600 });
  const plugins = linkNeededPlugins(programs.rabbitmq, file('plugins'));
  const modules = plugins === null ? null : linkModules(programs.erlang, plugins, file('modules'));
  return {
    part: 'rabbitmq',
    program: programs.rabbitmq,
    args: [],
    env: {
      RABBITMQ_NODENAME: node,
      RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
      RABBITMQ_NODE_PORT: String(ports.amqp),
      RABBITMQ_DIST_PORT: String(ports.distribution),
      RABBITMQ_MNESIA_BASE: file('data'),
      RABBITMQ_LOG_BASE: file('log'),
      RABBITMQ_LOGS: '-',
      RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
      RABBITMQ_PID_FILE: file('pid'),
      ...(plugins === null ? {} : { RABBITMQ_PLUGINS_DIR: plugins }),
      // The system's own settings are not ours: these files do not exist.
      RABBITMQ_CONF_ENV_FILE: file('none.env'),
      RABBITMQ_CONFIG_FILE: file('none.conf'),
      RABBITMQ_ADVANCED_CONFIG_FILE: file('none.config'),
      // With input allowed the script becomes the Erlang machine instead of waiting beside it.
      RABBITMQ_ALLOW_INPUT: '1',
      // Split at spaces, hence paths relative to the directory it runs in.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: [
        '-noinput',
        // Distribution up before RabbitMQ looks: it then neither starts epmd nor asks it.
        `-sname ${node} -start_epmd false -erl_epmd_port ${ports.distribution}`,
        // An Erlang configuration file is read as it is; rabbitmq.conf costs a schema translation of a second.
        '-config lab',
        ...(modules === null ? [] : [`-pa ${path.basename(modules)}`]),
      ].join(' '),
    },
  };
}

function nodeConfig(managementPort: number, secret: string): string {
  return `[
  {rabbit, [
    {default_user, <<"${username}">>}, {default_pass, <<"${secret}">>}, {loopback_users, []},
    {collect_statistics_interval, 1000}
  ]},
  {rabbitmq_management, [{tcp_config, [{ip, "127.0.0.1"}, {port, ${managementPort}}]}]},
  {kernel, [{inet_dist_use_interface, {127,0,0,1}}]}
].
`;
}
