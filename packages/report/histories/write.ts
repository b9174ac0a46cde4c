/** Writes the histories that the golden files are rendered from: `pnpm --filter @lab/report histories`. */
import { writeFileSync } from 'node:fs';

import { contraryGrid, mergeCells, scriptedRun, wholeGrid } from '@lab/invariants/scripted';

write('proven', mergeCells([...wholeGrid('rabbitmq'), ...wholeGrid('bullmq')], scriptedRun));
write('disproven', mergeCells(contraryGrid(), scriptedRun));

function write(name: string, history: readonly object[]): void {
  const lines = history.map((event) => `${JSON.stringify(event)}\n`);
  writeFileSync(`${import.meta.dirname}/${name}.jsonl`, lines.join(''));
}
