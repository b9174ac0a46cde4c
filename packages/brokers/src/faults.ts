/** Faults on a broker itself. Links have theirs in the network package, processes theirs in the harness. */
import type { Fault } from '@lab/contract';

import type { BrokerControl, Brokers } from './brokers.ts';
import { until } from './condition.ts';
import { EnvironmentError } from './environment-error.ts';

const alarmLimitMs = 10_000;

/**
 * Kills a server at once and starts it again at the same address. Injecting it returns when the server serves
 * again, so it is its own healing; a Redis comes back empty.
 * @throws EnvironmentError for brokers that this run did not start.
 */
export function restart(brokers: Brokers, server: 'rabbitmq' | 'redis'): Fault {
  const control = controlOf(brokers, `restart ${server}`);
  let serves = true;
  return {
    verb: 'restart',
    target: server,
    label: `restart ${server}`,
    async inject() {
      serves = false;
      await control.restart(server);
      serves = true;
      return `${server} was killed and serves again`;
    },
    heal: () => Promise.resolve(),
    isHealed: () => Promise.resolve(serves),
  };
}

/**
 * Raises RabbitMQ's memory alarm: publishers are blocked, consumers go on.
 * @throws EnvironmentError for brokers that this run did not start.
 */
export function memoryAlarm(brokers: Brokers): Fault {
  const control = controlOf(brokers, "raise RabbitMQ's memory alarm");
  const alarmIs = (wanted: boolean): Promise<true> =>
    until(
      {
        condition: `RabbitMQ reports ${wanted ? 'a memory alarm' : 'no memory alarm'}`,
        limitMs: alarmLimitMs,
      },
      async () => ((await control.hasMemoryAlarm()) === wanted ? true : undefined),
    );
  return {
    verb: 'memory-alarm',
    target: 'rabbitmq',
    label: 'memory alarm on rabbitmq',
    async inject() {
      await control.setMemoryAlarm('on');
      await alarmIs(true);
      return 'health check local-alarms: alarm in effect';
    },
    async heal() {
      await control.setMemoryAlarm('off');
      await alarmIs(false);
    },
    isHealed: async () => !(await control.hasMemoryAlarm()),
  };
}

function controlOf(brokers: Brokers, attempt: string): BrokerControl {
  if (brokers.control !== null) return brokers.control;
  throw new EnvironmentError({
    what: `the lab will not ${attempt}: it did not start these brokers for this run`,
    where: brokers.warm ? 'brokers kept warm' : 'attached brokers',
    why: 'others may be using them',
    next: 'run with --runtime local or --runtime containers',
  });
}
