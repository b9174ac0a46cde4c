/** `fm bench throughput`: what guard, history, tap and proxy cost, side by side with a loop that has none of them. */
import { measureThroughputs, type ThroughputResult } from '@lab/bench';
import type { AttachUrls, RuntimeKind } from '@lab/brokers';
import { transports, type Transport } from '@lab/contract';
import { openLaboratory } from '@lab/harness';

import { exitCode, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';
import { describeResultMachine, describeVersions, table } from './tables.ts';
import type { ThroughputWords } from './throughput-options.ts';

export interface BenchThroughputFlags extends ThroughputWords {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: AttachUrls;
}

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** @param command what the user typed @returns contrary when a run did not deliver every job exactly once */
export async function benchThroughput(
  flags: BenchThroughputFlags,
  command: string,
): Promise<ExitCode> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  await using lab = await openLaboratory({
    signal,
    say,
    ...(flags.runtime === undefined ? {} : { runtime: flags.runtime }),
    ...(flags.attach === undefined ? {} : { attach: flags.attach }),
  });
  const result = await measureThroughputs(
    lab,
    {
      transports: flags.transport === 'all' ? transports : [flags.transport],
      times: flags.times,
      jobs: flags.jobs,
      warmUpJobs: flags.warmUp,
      prefetch: flags.prefetch,
      concurrency: flags.concurrency,
      queueType: flags.queueType,
      limitMs: flags.timeout,
    },
    command,
    ({ transport, variant, jobsPerS, delivery }, done, planned) =>
      say(
        `${done}/${planned} ${transport} ${variant}: ${jobsPerS.toFixed(0)} jobs/s${delivery.exact ? '' : `, NOT EXACT: ${JSON.stringify(delivery)}`}`,
      ),
  );
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : renderThroughput(result),
  );
  if (signal.aborted) return exitCode.interrupted;
  return result.exact ? exitCode.ok : exitCode.contrary;
}

/** @returns tables for people; each says on which machine and of what it was measured. */
function renderThroughput(result: ThroughputResult): string {
  const { request, laboratory, rates, ratios } = result;
  const of = (transport: Transport): string =>
    transport === 'rabbitmq'
      ? `RabbitMQ ${request.queueType} queue, persistent, confirmed before the worker starts, prefetch ${request.prefetch}, one ack a job`
      : `BullMQ, concurrency ${request.concurrency}`;
  return [
    `machine: ${describeResultMachine(result.machine)}`,
    `versions: ${describeVersions(laboratory)}`,
    `${request.times} blocks, ${request.jobs} jobs a run after ${request.warmUpJobs} to warm up; one worker process; jobs/s from queue to effect in Redis, CPU of the worker process`,
    ...request.transports.flatMap((transport) => [
      '',
      of(transport),
      ...table(
        ['', 'jobs/s', 'lowest', 'highest', 'n', 'CPU us/job'],
        rates
          .filter((rate) => rate.transport === transport)
          .map(({ title, median, lowest, highest, n, cpuUsPerJob }) => [
            title,
            ...[median, lowest, highest].map((value) => value.toFixed(0)),
            String(n),
            cpuUsPerJob === null ? '-' : cpuUsPerJob.toFixed(1),
          ]),
      ),
      '',
      ...table(
        ['ratio within a block', 'median', 'lowest', 'highest', 'goal', ''],
        ratios
          .filter((ratio) => ratio.transport === transport)
          .map(({ name, median, lowest, highest, goal }) => [
            name,
            ...[median, lowest, highest].map((value) => value.toFixed(3)),
            goal === null ? '-' : goal.toFixed(2),
            goal === null ? '' : median >= goal ? 'met' : 'missed',
          ]),
      ),
    ]),
    '',
    deliveryLine(result),
    ...(result.complete ? [] : ['interrupted: not all runs were made']),
    '',
  ].join('\n');
}

function deliveryLine({ exact, runs }: ThroughputResult): string {
  if (exact)
    return `delivery: every job effected exactly once in ${runs.length} of ${runs.length} runs`;
  const bad = runs.filter(({ delivery }) => !delivery.exact);
  return `delivery: NOT EXACT in ${bad.length} of ${runs.length} runs, which are in no figure above: ${bad
    .map(
      ({ transport, variant, block, delivery }) =>
        `${transport} ${variant} (block ${block + 1}: ${delivery.missing} missing, ${delivery.repeated} repeated, ${delivery.wrong} wrong, ${delivery.leftOver} left over)`,
    )
    .join('; ')}`;
}
