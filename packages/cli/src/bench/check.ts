/** `fm bench check`: how fast histories are read and judged, in what memory, and whether that grows in proportion. */
import { measureCheck, type CheckResult } from '@lab/bench';

import { exitCode, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';
import type { CheckWords } from './check-options.ts';
import { describeResultMachine, table } from './tables.ts';

/** What a million events should take at most. */
const goal = { events: 1_000_000, judgeS: 1, rssMiB: 300, slopeWithin: 0.15 } as const;

/** @param command what the user typed @returns contrary when a judge missed what was planted, or saw more */
export async function benchCheck(flags: CheckWords, command: string): Promise<ExitCode> {
  using interruption = listenForInterruption();
  const { signal } = interruption;
  const result = await measureCheck({
    sizes: flags.sizes,
    times: flags.times,
    signal,
    command,
    onRun: (events, { readS, judgeS, rssMiB }) =>
      void process.stderr.write(
        `${events} events: read in ${readS.toFixed(2)} s, judged in ${judgeS.toFixed(2)} s, ${rssMiB.toFixed(0)} MiB\n`,
      ),
  });
  process.stdout.write(
    flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : renderCheck(result),
  );
  if (signal.aborted) return exitCode.interrupted;
  return result.rows.every(({ foundAll }) => foundAll) ? exitCode.ok : exitCode.contrary;
}

/** @returns a table for people, with the goals it is held against. */
function renderCheck(result: CheckResult): string {
  const { rows, judgeSlope, readSlope } = result;
  return [
    `machine: ${describeResultMachine(result.machine)}, Node ${result.node}`,
    'generated histories as a run leaves them (10 events a job, JSONL), each read and judged in a process of its own; medians',
    '',
    ...table(
      ['events', 'file MiB', 'read s', 'judge s', 'judge lowest', 'highest', 'peak RSS MiB', 'n'],
      rows.map(({ events, fileMiB, readS, judgeS, rssMiB, runs }) => {
        const times = runs.map((run) => run.judgeS);
        return [
          events.toLocaleString('en'),
          fileMiB.toFixed(0),
          readS.toFixed(2),
          judgeS.toFixed(3),
          Math.min(...times).toFixed(3),
          Math.max(...times).toFixed(3),
          rssMiB.toFixed(0),
          String(runs.length),
        ];
      }),
    ),
    '',
    ...goals(result),
    ...(readSlope === null
      ? []
      : [`slope of log time over log events, reading: ${readSlope.toFixed(2)}`]),
    ...(judgeSlope === null
      ? []
      : [
          `slope of log time over log events, judging: ${judgeSlope.toFixed(2)} (goal 1 +- ${goal.slopeWithin}: ${verdict(Math.abs(judgeSlope - 1) <= goal.slopeWithin)})`,
        ]),
    ...rows.map(
      ({ events, foundAll }) =>
        `${events.toLocaleString('en')} events: ${foundAll ? 'found what was planted and nothing else, every time' : 'DID NOT FIND exactly what was planted'}`,
    ),
    ...(result.complete ? [] : ['interrupted: not all runs were made']),
    '',
  ].join('\n');
}

function goals({ rows }: CheckResult): string[] {
  const near = rows.find(({ events }) => Math.abs(events / goal.events - 1) < 0.01);
  if (near === undefined) return [];
  return [
    `a million events judged: ${near.judgeS.toFixed(2)} s (goal ${goal.judgeS} s: ${verdict(near.judgeS <= goal.judgeS)}), peak ${near.rssMiB.toFixed(0)} MiB with the history in memory (goal ${goal.rssMiB} MiB: ${verdict(near.rssMiB <= goal.rssMiB)})`,
  ];
}

function verdict(met: boolean): string {
  return met ? 'met' : 'missed';
}
