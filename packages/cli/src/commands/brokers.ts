/** `fm up`, `fm down`, `fm doctor`: brokers kept warm, ended, looked for. */
import { homedir } from 'node:os';

import { doctor, down, up, type AttachUrls, type RuntimeKind } from '@lab/brokers';
import { decideStyle, renderDoctor } from '@lab/report';

import { exitCode, type ExitCode } from '../exit-code.ts';
import { listenForInterruption } from '../interruption.ts';

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

export async function upCommand(flags: {
  readonly runtime?: RuntimeKind | 'auto';
  readonly attach?: AttachUrls;
}): Promise<ExitCode> {
  using interruption = listenForInterruption();
  const brokers = await up({ ...flags, signal: interruption.signal, say });
  process.stdout.write(`${brokers.summary}\nend them with: pnpm fm down\n`);
  return exitCode.ok;
}

export async function downCommand(): Promise<ExitCode> {
  const report = await down({ say });
  process.stdout.write(`${report.summary}\n`);
  return exitCode.ok;
}

export async function doctorCommand(flags: {
  readonly json?: boolean;
  readonly color?: boolean;
}): Promise<ExitCode> {
  const report = await doctor();
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  } else {
    const checks = report.checks.map((check) => ({ ...check, found: shortened(check.found) }));
    const style = decideStyle(process.env, process.stdout, flags.color);
    process.stdout.write(renderDoctor({ ...report, checks }, style));
  }
  return report.usable ? exitCode.ok : exitCode.environment;
}

/** Paths as a person would write them; the full ones break lines in their middle. */
function shortened(text: string): string {
  return text.replaceAll(`${process.cwd()}/`, './').replaceAll(`${homedir()}/`, '~/');
}
