/** Harming brokers that this run started as child processes. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { BrokerControl } from '../brokers.ts';
import { hasMemoryAlarm } from '../memory-alarm-reading.ts';
import { partMarker } from '../processes.ts';
import type { Session } from '../session.ts';
import type { LocalRabbitmq } from './rabbitmq.ts';
import type { LocalRedis } from './redis.ts';

const run = promisify(execFile);

export function localControl(
  session: Session,
  erlang: string,
  rabbitmq: LocalRabbitmq,
  redis: LocalRedis,
): BrokerControl {
  let watermark: string | undefined;

  /** Asks the node itself, over Erlang's distribution: rabbitmqctl does the same and takes two seconds for it. */
  const callNode = async (expression: string): Promise<string> => {
    const script = [
      `true = net_kernel:connect_node('${rabbitmq.node}')`,
      `R = rpc:call('${rabbitmq.node}', ${expression})`,
      'io:format("~p", [R])',
      'halt()',
    ].join(', ');
    const { stdout } = await run(
      erlang,
      [
        '-noinput',
        '-hidden',
        ...`-start_epmd false -erl_epmd_port ${rabbitmq.distributionPort} -dist_listen false`.split(
          ' ',
        ),
        '-sname',
        `control-${session.id}@localhost`,
        '-eval',
        `${script}.`,
      ],
      {
        timeout: 15_000,
        env: {
          PATH: process.env['PATH'],
          HOME: rabbitmq.directory, // the cookie lies there
          ...session.env,
          [partMarker]: 'control',
        },
      },
    );
    if (stdout.includes('badrpc')) throw new Error(`RabbitMQ refused ${expression}: ${stdout}`);
    return stdout.trim();
  };
  return {
    restart: (server) => (server === 'rabbitmq' ? rabbitmq.restart() : redis.restart()),
    async setMemoryAlarm(alarm) {
      if (alarm === 'on') {
        watermark ??= await callNode('vm_memory_monitor, get_vm_memory_high_watermark, []');
        await callNode('vm_memory_monitor, set_vm_memory_high_watermark, [0]');
      } else if (watermark !== undefined) {
        await callNode(`vm_memory_monitor, set_vm_memory_high_watermark, [${watermark}]`);
      }
    },
    hasMemoryAlarm: () => hasMemoryAlarm(rabbitmq.managementUrl),
  };
}
