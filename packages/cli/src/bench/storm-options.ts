/** The words of `fm bench storm`. Nothing heavy is imported here: every call of `fm` reads it. */
import type { Profile, SweepAxis } from '@lab/bench';
import type { LoadTopology, LoadTrigger, Transport } from '@lab/contract';
import type { Study } from '@lab/storm';
import { InvalidArgumentError, Option, type Command } from 'commander';

import { duration, positiveNumber, wholeNumber } from '../words.ts';

/** What the words came to. */
export interface StormWords {
  readonly profile: Profile;
  readonly policies?: readonly string[];
  readonly studies?: readonly Study[];
  readonly topology?: LoadTopology;
  readonly transport?: Transport;
  readonly trigger?: LoadTrigger;
  readonly seeds?: number;
  readonly seed?: number;
  readonly rho?: number;
  /** D, ms. */
  readonly duration?: number;
  readonly attempts?: number;
  readonly sweep?: readonly SweepAxis[];
  readonly parallel: number;
  readonly out?: string;
  readonly record?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly quiet?: boolean;
  readonly anyway?: boolean;
  readonly plan?: boolean;
  readonly listPolicies?: boolean;
  readonly compare?: readonly string[];
}

const profiles = ['demo', 'fast', 'full'] satisfies Profile[];
const topologies = ['rpc', 'in-slot', 're-enqueue', 'lease', 'layers'] satisfies LoadTopology[];
const triggers = [
  'stall',
  'blackhole',
  'latency',
  'spike',
  'restart',
  'outage',
  'none',
] satisfies LoadTrigger[];
const studies = [
  'policies',
  'map',
  'bound',
  'pool',
  'ramp',
  'cost',
  'latency',
  'layers',
  'triggers',
] satisfies Study[];
const axes = ['rho', 'D', 'K', 'W'] satisfies SweepAxis[];

export function addStormOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--profile <name>',
        'demo: collapse and recovery side by side, live, 30 s; fast: every policy; full: every study',
      )
        .choices(profiles)
        .default('fast'),
    )
    .option('--policies <names>', 'only these, separated by commas', listOf('policy'))
    .option('--studies <names>', `only these: ${studies.join(', ')}`, oneOfEach('study', studies))
    .addOption(
      new Option('--topology <name>', 'who tries again, and what it holds').choices(topologies),
    )
    .addOption(
      new Option('--trigger <name>', 'what starts the trouble (default: stall)').choices(triggers),
    )
    .addOption(
      new Option('--transport <name>', 'what holds the jobs of a pool').choices([
        'rabbitmq',
        'bullmq',
      ]),
    )
    .option('--seeds <count>', 'how many seeds: blocks of the same jobs', positiveNumber)
    .option('--seed <number>', 'the first of them (default: 1)', wholeNumber)
    .option('--rho <share>', 'offered load in parts of the capacity (default: 0.7)', utilisation)
    .option(
      '--duration <duration>',
      'how long the trigger lasts, e.g. 1.6s (default: 8 timeouts)',
      duration,
    )
    .option('--attempts <count>', 'most attempts of a job (default: 4)', positiveNumber)
    .option(
      '--sweep <axes>',
      'vary: rho, D, rho,D (map), K (queue bound), W (pool)',
      oneOfEach('axis', axes),
    )
    .option('--parallel <count>', 'how many cells side by side', positiveNumber, 6)
    .option('--out <dir>', 'where result, CSV and page are written (default: the run in runs/)')
    .option('--record <dir>', 'where runs are kept (default: runs/)')
    .option(
      '--anyway',
      'run although the calibration says this machine is too slow; nothing counts',
    )
    .option('--plan', 'print what would run and about how long, and end')
    .option('--list-policies', 'every policy with its bound, its reserve and its source, and end')
    .option('--compare <results...>', 'two storm-result.json, or the folders they are in')
    .option('-q, --quiet', 'only the result')
    .addHelpText('after', footer);
}

const footer = `
Exit codes:
  0 measured as predicted   1 less than 95 % of the cells away from the edge agree with the model;
  with --compare: verdicts differ   2 no cell counts, or the no-retry control of a block failed
  3 environment   64 usage   70 bug in the lab   130 interrupted, what was measured is written`;

/** A list without blanks and doubles. */
function listOf(what: string): (text: string) => string[] {
  return (text) => {
    const items = text.split(',').map((item) => item.trim());
    if (items.includes('')) {
      throw new InvalidArgumentError(`expected names of a ${what}, separated by commas: a,b`);
    }
    return [...new Set(items)];
  };
}

function oneOfEach<Name extends string>(
  what: string,
  names: readonly Name[],
): (text: string) => Name[] {
  return (text) =>
    listOf(what)(text).map((item) => {
      const name = names.find((known) => known.toLowerCase() === item.toLowerCase());
      if (name === undefined) {
        throw new InvalidArgumentError(`no ${what} is named "${item}"; take: ${names.join(', ')}`);
      }
      return name;
    });
}

function utilisation(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value > 0 && value < 2)) {
    throw new InvalidArgumentError(
      `expected a share of the capacity above 0 and below 2, got "${text}"`,
    );
  }
  return value;
}
