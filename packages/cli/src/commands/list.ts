/** `fm list`: the bundles, what they break, where they run, what the last run said. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { listBundles, loadBundle } from '../bundles.ts';
import { runsDirDefault } from '../repository.ts';

interface Listed {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly breaks: string;
  readonly judged: readonly string[];
  readonly transports: readonly string[];
  readonly determinism: string;
  readonly lastVerdict: string | null;
  readonly lastRun: string | null;
}

export async function listCommand(flags: { readonly json?: boolean }): Promise<void> {
  const listed = await Promise.all(listBundles().map((id) => describe(id)));
  if (flags.json === true) {
    process.stdout.write(`${JSON.stringify(listed, null, 2)}\n`);
    return;
  }
  for (const { id, title, summary, breaks, transports, lastVerdict } of listed) {
    const number = id.slice('FM_'.length, 'FM_000'.length);
    process.stdout.write(`${number}  ${title}\n     ${summary}\n`);
    process.stdout.write(
      `     breaks ${breaks} · on ${transports.join(', ')} · last run: ${lastVerdict ?? 'none yet'} · pnpm fm ${number}\n\n`,
    );
  }
}

async function describe(id: string): Promise<Listed> {
  const { title, summary, breaks, judged, determinism, experiments } = await loadBundle(id);
  return {
    id,
    title,
    summary,
    breaks,
    judged,
    transports: Object.keys(experiments),
    determinism,
    ...lastResult(id),
  };
}

/** The newest result of that bundle in the runs folder; run ids begin with their time, so the last in order. */
function lastResult(id: string): Pick<Listed, 'lastVerdict' | 'lastRun'> {
  const number = id.slice('FM_'.length, 'FM_000'.length);
  const runs = existsSync(runsDirDefault)
    ? readdirSync(runsDirDefault).filter((name) => name.includes(`-fm${number}-`))
    : [];
  for (const name of runs.toSorted().toReversed()) {
    const file = join(runsDirDefault, name, 'result.json');
    if (!existsSync(file)) continue;
    const { verdict } = JSON.parse(readFileSync(file, 'utf8')) as { verdict?: string };
    return { lastVerdict: verdict ?? null, lastRun: name };
  }
  return { lastVerdict: null, lastRun: null };
}
