/** The command line: words in, exit code out. Commands are loaded when they are called. */
import type { AttachUrls, RuntimeKind } from '@lab/brokers';
import { Command, CommanderError, Option } from 'commander';

import { addCheckOptions, type CheckWords } from './bench/check-options.ts';
import { addStormOptions, type StormWords } from './bench/storm-options.ts';
import { addThroughputOptions, type ThroughputWords } from './bench/throughput-options.ts';
import { listBundles, resolveBundle } from './bundles.ts';
import type { RunFlags } from './commands/run.ts';
import { exitCode, UsageError, type ExitCode } from './exit-code.ts';
import { tolerateReadersThatLeave } from './output.ts';
import { reportError } from './report-error.ts';
import {
  collectReporter,
  commandLine,
  duration,
  positiveNumber,
  wholeNumber,
  type Reporter,
} from './words.ts';

/** @returns the exit code; nothing is thrown. */
export async function main(words: readonly string[]): Promise<ExitCode> {
  tolerateReadersThatLeave();
  let code: ExitCode = exitCode.ok;
  const program = describeProgram(words, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(words, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
    }
    return reportError(error);
  }
}

interface GlobalFlags {
  readonly json?: boolean;
  readonly color?: boolean;
}

interface BrokerWords {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: true | string;
  readonly management?: string;
  readonly redis?: string;
  readonly toxiproxy?: string;
}

interface ProgramRunFlags
  extends Omit<RunFlags, 'attach' | 'runtime' | 'timeoutMs' | 'reporters'>, BrokerWords {
  readonly timeout: number;
  readonly reporter?: readonly Reporter[];
}

function describeProgram(words: readonly string[], finish: (code: ExitCode) => void): Command {
  const program = new Command('fm')
    .description(
      'Reproduces failure modes of message-driven systems on real brokers with real network faults.',
    )
    .usage('<id...> | <command> [options]')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'fm: ')) })
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .argument('[id...]', 'failure modes to run: 001, FM-001, duplicate-delivery')
    .option('--color', 'colour, whatever the environment says')
    .option('--no-color', 'no colour')
    .option('--json', 'one result document on standard output; everything else on standard error');
  program.helpOption('-h, --help', 'this help');
  addRunOptions(program);
  program.addHelpText('after', footer);

  const commands = (): string[] => program.commands.map((command) => command.name());
  program.action(async (ids: string[], flags: ProgramRunFlags) => {
    const chosen = ids.length > 0 ? ids : await pick(program);
    const resolved = chosen.map((id) => resolveBundle(id, listBundles(), commands()));
    const command = `pnpm fm ${commandLine(words.length > 0 ? words : resolved)}`;
    const { runCommand } = await import('./commands/run.ts');
    finish(await runCommand([...new Set(resolved)], runFlags(flags), command));
  });

  subcommand(program, 'list', 'the failure modes, what they break, what the last run said').action(
    async (flags: GlobalFlags) => {
      const { listCommand } = await import('./commands/list.ts');
      await listCommand(flags);
    },
  );
  subcommand(program, 'explain', 'the spec of a failure mode')
    .argument('<id>')
    .action(async (id: string) => {
      const { explainCommand } = await import('./commands/explain.ts');
      explainCommand(resolveBundle(id));
    });
  subcommand(program, 'check', 'judges a stored run again, offline')
    .argument('<run>', 'a folder under runs/, or a history.jsonl')
    .action(async (path: string, flags: GlobalFlags) => {
      const { checkCommand } = await import('./commands/check.ts');
      finish(await checkCommand(path, flags));
    });
  subcommand(program, 'new', 'scaffolds a bundle that is listed and tested with no other edit')
    .argument('<name>')
    .action(async (name: string) => {
      const { newCommand } = await import('./commands/new.ts');
      process.stdout.write(newCommand(name).message);
    });
  addBrokerOptions(
    subcommand(program, 'up', 'starts brokers and keeps them warm in the background'),
  ).action(async (flags: ProgramRunFlags) => {
    const { upCommand } = await import('./commands/brokers.ts');
    finish(await upCommand(brokerFlags(flags)));
  });
  subcommand(program, 'down', 'ends warm brokers and clears what killed runs left').action(
    async () => {
      const { downCommand } = await import('./commands/brokers.ts');
      finish(await downCommand());
    },
  );
  subcommand(
    program,
    'doctor',
    'what is there, which runtime would be used and why, and how to mend what is missing',
  ).action(async (flags: GlobalFlags) => {
    const { doctorCommand } = await import('./commands/brokers.ts');
    finish(await doctorCommand(flags));
  });
  const bench = program
    .command('bench')
    .description('measures: the lab itself, retry storms, throughput, the checkers');
  subcommand(bench, 'lab', 'what the lab costs and how surely it reproduces, on this machine')
    .option('--times <count>', 'how often each command is timed', positiveNumber, 5)
    .option('--repeat <times>', 'how often each proving cell is repeated', positiveNumber, 100)
    .option('--jobs <count>', 'jobs of each throughput measurement', positiveNumber, 4000)
    .action(async (flags: { times: number; repeat: number; jobs: number }) => {
      const { benchLab } = await import('./bench/lab.ts');
      finish(await benchLab(flags));
    });
  addStormOptions(
    addBrokerOptions(
      subcommand(
        bench,
        'storm',
        'retry policies against a queue whose consumers falter, beside what law and model predict',
      ),
    ),
  ).action(async (flags: StormWords & BrokerWords) => {
    const { benchStorm } = await import('./bench/storm.ts');
    const { attach: _raw, ...rest } = flags;
    finish(await benchStorm({ ...rest, ...brokerFlags(flags) }, `pnpm fm ${commandLine(words)}`));
  });
  addThroughputOptions(
    addBrokerOptions(
      subcommand(bench, 'throughput', 'what guard, history and links cost, beside a bare loop'),
    ),
  ).action(async (flags: ThroughputWords & BrokerWords) => {
    const { benchThroughput } = await import('./bench/throughput.ts');
    const { attach: _raw, ...rest } = flags;
    const command = `pnpm fm ${commandLine(words)}`;
    finish(await benchThroughput({ ...rest, ...brokerFlags(flags) }, command));
  });
  addCheckOptions(
    subcommand(bench, 'check', 'how fast generated histories are read and judged, in what memory'),
  ).action(async (flags: CheckWords) => {
    const { benchCheck } = await import('./bench/check.ts');
    finish(await benchCheck(flags, `pnpm fm ${commandLine(words)}`));
  });
  return program;
}

/** It inherits how the program ends and how it writes errors. */
function subcommand(program: Command, name: string, description: string): Command {
  return program
    .command(name)
    .description(description)
    .option('--json', 'JSON on standard output')
    .option('--color', 'colour, whatever the environment says')
    .option('--no-color', 'no colour');
}

function addBrokerOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--runtime <kind>', 'where brokers come from')
        .choices(['auto', 'containers', 'local', 'attached'])
        .default('auto'),
    )
    .option(
      '--attach [rabbitmq-url]',
      'use live brokers; without a URL those of docker-compose.yml',
    )
    .option('--management <url>', 'management API of the attached RabbitMQ')
    .option('--redis <url>', 'the attached Redis')
    .option('--toxiproxy <url>', 'API of the attached Toxiproxy');
}

function addRunOptions(program: Command): void {
  addBrokerOptions(program)
    .addOption(
      new Option('--transport <name>', 'run on one transport only')
        .choices(['rabbitmq', 'bullmq', 'all'])
        .default('all'),
    )
    .option(
      '--cell <text>',
      'only cells whose id contains the text, e.g. reproduce, rabbitmq/prevent',
    )
    .option('--seed <number>', 'picks the struck job and the amounts', wholeNumber, 1)
    .option(
      '--repeat <times>',
      'runs every cell that proves something this often',
      positiveNumber,
      1,
    )
    .option(
      '--unsteered',
      'the reproducing fault at random moments: how often would luck have shown it?',
    )
    .addOption(
      new Option('--ndjson', 'the event log on standard output as it happens').conflicts('json'),
    )
    .option(
      '--reporter <name[=file]>',
      'also write a report: json, junit, markdown, pretty, github (repeatable)',
      collectReporter,
    )
    .option('--record <dir>', 'where runs are kept (default: runs/)')
    .option(
      '--keep',
      'leave brokers, vhosts and keys of the cells in place, to look at; fm down clears',
    )
    .addOption(
      new Option('--timeout <duration>', 'limit of each wait, e.g. 30s or 500ms')
        .argParser(duration)
        .default(15_000, '15s'),
    )
    .option('-q, --quiet', 'only the result');
}

const footer = `
Exit codes:
  0 every expectation met    1 an expectation failed    2 inconclusive: nobody can say
  3 environment              64 usage                   70 bug in the lab
  130 interrupted, faults healed

Environment:
  LAB_FAILURE_MODES  folder of the bundles (default: failure_modes/)
  LAB_STATE          where the lab remembers what it has started
  LAB_RABBITMQ_URL, LAB_MANAGEMENT_URL, LAB_REDIS_URL, LAB_TOXIPROXY_URL  brokers to attach to

The schedule (struck job, fault point) is seeded; thread and network timing of real brokers is
not. The verdict and the order at the fault point repeat, other timing does not.`;

function runFlags(flags: ProgramRunFlags): RunFlags {
  const { timeout, reporter, ...rest } = flags;
  return {
    ...rest,
    ...brokerFlags(flags),
    timeoutMs: timeout,
    reporters: [
      ...(reporter ?? []),
      ...(process.env['GITHUB_ACTIONS'] === 'true' ? [{ name: 'github' } as const] : []),
    ],
  } as RunFlags; // brokerFlags replaces the raw attach flag by its parsed form
}

function brokerFlags(flags: BrokerWords): {
  runtime?: RuntimeKind | 'auto';
  attach?: AttachUrls;
} {
  const { attach, management, redis, toxiproxy, runtime } = flags;
  const named = {
    ...(typeof attach === 'string' ? { rabbitmq: attach } : {}),
    ...(management === undefined ? {} : { management }),
    ...(redis === undefined ? {} : { redis }),
    ...(toxiproxy === undefined ? {} : { toxiproxy }),
  };
  const attached = attach !== undefined || Object.keys(named).length > 0;
  return {
    ...(runtime === undefined ? {} : { runtime: attached ? 'attached' : runtime }),
    ...(attached ? { attach: named } : {}),
  };
}

/** On a terminal a picker; elsewhere help and exit 64. */
async function pick(program: Command): Promise<string[]> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) {
    program.outputHelp({ error: true });
    throw new UsageError('name a failure mode or a command');
  }
  const { pickBundle } = await import('./pick-bundle.ts');
  return [await pickBundle()];
}
