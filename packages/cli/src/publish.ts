/** Everything that is printed or written once a run is over. */
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { cellOfRun } from '@lab/contract';
import type { RunResult } from '@lab/harness';
import {
  renderGrid,
  renderRepeat,
  toJson,
  toJUnit,
  toMarkdown,
  type RepeatedCell,
  type Style,
} from '@lab/report';

import type { ScreenStream } from './live-region.ts';
import type { Reporter } from './words.ts';

export interface PublishOptions {
  readonly stream: ScreenStream;
  readonly style: Style;
  readonly reporters: readonly Reporter[];
  /** Each cell ran many times: how often it came out as expected is the result. */
  readonly repeated: boolean;
}

/** Writes the result beside the history, prints the page, serves the reporters. */
export function publish(result: RunResult, options: PublishOptions): void {
  const { header, history, judgement } = result;
  const { stream, style, repeated } = options;
  writeResult(result);
  stream.write(
    repeated
      ? renderRepeat(header, groupRuns(judgement.cells), judgement.discarded, style)
      : renderGrid(header, judgement, history, style),
  );
  report(result, options);
}

export function writeResult({ folder, header, history, judgement }: RunResult): void {
  writeFileSync(folder.resultFile, toJson(header, judgement, history));
}

/** The reporters that were asked for. A run that was broken off has reports in files, and no page. */
export function report(
  result: RunResult,
  { stream, style, reporters }: Pick<PublishOptions, 'stream' | 'style' | 'reporters'>,
  only: 'all' | 'files' = 'all',
): void {
  const { header, history, judgement } = result;
  for (const { name, file } of reporters) {
    if (name === 'github') {
      reportToGithub(result, stream);
      continue;
    }
    const text = {
      json: () => toJson(header, judgement, history),
      junit: () => toJUnit(header, judgement, history),
      markdown: () => toMarkdown(header, judgement, history),
      pretty: () => renderGrid(header, judgement, history, { ...style, color: false }),
    }[name];
    if (file !== undefined) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text());
    } else if (only === 'all') {
      stream.write(text());
    }
  }
}

/** GitHub's log commands, and a summary where the step has room for one. */
function reportToGithub(result: RunResult, stream: ScreenStream): void {
  const { header, history, judgement, folder } = result;
  stream.write(`::group::${header.failureMode}: ${judgement.verdict}\n`);
  for (const { spec, conclusion } of judgement.cells) stream.write(`${spec.id}: ${conclusion}\n`);
  stream.write('::endgroup::\n');
  for (const cell of judgement.cells.filter(({ conclusion }) => conclusion !== 'as expected')) {
    const reasons = cell.reasons.join('; ').replaceAll('%', '%25').replaceAll('\n', '%0A');
    stream.write(`::error title=${cell.spec.id}::${reasons} (${folder.path})\n`);
  }
  const summary = process.env['GITHUB_STEP_SUMMARY'];
  if (summary !== undefined) appendFileSync(summary, toMarkdown(header, judgement, history));
}

/** Groups the runs of each cell: `rabbitmq/reproduce#017` and `rabbitmq/reproduce#017@2` belong to `rabbitmq/reproduce`. */
export function groupRuns(cells: RunResult['judgement']['cells']): RepeatedCell[] {
  const groups = new Map<
    string,
    { spec: RepeatedCell['spec']; runs: RepeatedCell['runs'][number][] }
  >();
  for (const { spec, conclusion, fingerprint } of cells) {
    const id = cellOfRun(spec.id);
    const group = groups.get(id) ?? { spec: { ...spec, id }, runs: [] };
    group.runs.push({ conclusion, fingerprint });
    groups.set(id, group);
  }
  return [...groups.values()];
}

/** One document for one run, an envelope for several; newline at its end. */
export function jsonDocument(results: readonly RunResult[]): string {
  const documents = results.map(({ header, judgement, history }) =>
    toJson(header, judgement, history),
  );
  const [only] = documents;
  if (only !== undefined && documents.length === 1) return only;
  return `{"schema":"fm-results/1","results":[${documents.map((text) => text.trim()).join(',')}]}\n`;
}
