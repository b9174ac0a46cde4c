/** `fm check RUN`: judges a stored history again, offline, and compares with what was stored. */
import { existsSync, readFileSync } from 'node:fs';

import type { HistoryEvent } from '@lab/contract';
import { DamagedHistory, folderAt, readRun } from '@lab/harness/history';
import { judgeRun } from '@lab/invariants';
import { decideStyle, renderGrid, toJson } from '@lab/report';

import { exitCode, exitCodeOfRun, type ExitCode } from '../exit-code.ts';

export function checkCommand(
  path: string,
  flags: { readonly json?: boolean; readonly color?: boolean },
): ExitCode {
  const history = readRun(path);
  const header = history.find((event) => isRunStart(event))?.header;
  if (header === undefined) {
    throw new DamagedHistory(`${path}: the history has no line that says which run it is`);
  }
  const judgement = judgeRun(history);
  const json = toJson(header, judgement, history);
  if (flags.json === true) process.stdout.write(json);
  else
    process.stdout.write(
      renderGrid(header, judgement, history, decideStyle(process.env, process.stdout, flags.color)),
    );

  const { resultFile } = folderAt(path);
  if (existsSync(resultFile) && readFileSync(resultFile, 'utf8') !== json) {
    process.stderr.write(
      `${resultFile}: differs from what this history gives now; it was judged by another version of the lab, or edited\n`,
    );
    return exitCode.contrary;
  }
  return exitCodeOfRun(header, judgement);
}

function isRunStart(event: HistoryEvent): event is Extract<HistoryEvent, { kind: 'run' }> {
  return event.kind === 'run' && event.phase === 'start';
}
