/** Harming brokers in containers that this run started. */
import type { StartedTestContainer } from 'testcontainers';

import type { BrokerControl } from '../brokers.ts';
import { until } from '../condition.ts';
import type { BrokerAddresses } from '../connect.ts';
import { hasMemoryAlarm, managementAnswers } from '../memory-alarm-reading.ts';
import { pingRedis } from '../redis-probe.ts';

const restartLimitMs = 60_000;

export function containerControl(
  addresses: BrokerAddresses,
  rabbitmq: StartedTestContainer,
  redis: StartedTestContainer,
): BrokerControl {
  const { managementUrl } = addresses.rabbitmq;
  let watermark: string | undefined;

  const rabbitmqctl = async (...words: string[]): Promise<string> => {
    const { exitCode, output } = await rabbitmq.exec(['rabbitmqctl', '--quiet', ...words]);
    if (exitCode !== 0) throw new Error(`rabbitmqctl ${words.join(' ')}: ${output}`);
    return output.trim();
  };
  return {
    async restart(server) {
      await (server === 'rabbitmq' ? rabbitmq : redis).restart({ timeout: 0 });
      await until(
        { condition: `${server} serves again after its restart`, limitMs: restartLimitMs },
        async () => {
          const serves =
            server === 'rabbitmq'
              ? await managementAnswers(managementUrl)
              : await pingRedis(addresses.redis);
          return serves ? true : undefined;
        },
      );
    },
    async setMemoryAlarm(alarm) {
      if (alarm === 'on') {
        watermark ??= await rabbitmqctl(
          'eval',
          'vm_memory_monitor:get_vm_memory_high_watermark().',
        );
        await rabbitmqctl('set_vm_memory_high_watermark', '0');
      } else if (watermark !== undefined) {
        await rabbitmqctl('set_vm_memory_high_watermark', watermark);
      }
    },
    hasMemoryAlarm: () => hasMemoryAlarm(managementUrl),
  };
}
