/** The words of `fm bench throughput`. Nothing heavy is imported here: every call of `fm` reads it. */
import type { QueueType, Transport } from '@lab/contract';
import { Option, type Command } from 'commander';

import { duration, positiveNumber } from '../words.ts';

/** What the words came to. */
export interface ThroughputWords {
  readonly transport: Transport | 'all';
  readonly times: number;
  readonly jobs: number;
  readonly warmUp: number;
  readonly prefetch: number;
  readonly concurrency: number;
  readonly queueType: QueueType;
  /** ms. */
  readonly timeout: number;
  readonly json?: boolean;
}

export function addThroughputOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--transport <name>', 'one transport only')
        .choices(['rabbitmq', 'bullmq', 'all'])
        .default('all'),
    )
    .option('--times <count>', 'blocks; every variant runs once in each', positiveNumber, 5)
    .option('--jobs <count>', 'jobs that are timed in a run', positiveNumber, 40_000)
    .option('--warm-up <count>', 'jobs before those', positiveNumber, 20_000)
    .option('--prefetch <count>', 'RabbitMQ: unacknowledged deliveries', positiveNumber, 100)
    .option('--concurrency <count>', 'BullMQ: jobs at a time', positiveNumber, 50)
    .addOption(
      new Option('--queue-type <type>', 'RabbitMQ')
        .choices(['quorum', 'classic'])
        .default('quorum'),
    )
    .addOption(
      new Option('--timeout <duration>', 'limit of each wait, e.g. 60s')
        .argParser(duration)
        .default(60_000, '60s'),
    );
}
