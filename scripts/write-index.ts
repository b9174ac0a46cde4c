/**
 * Writes docs/failure_mode_index.md from the bundles: `pnpm index`. What it says of a bundle is what the bundle's
 * scenario says; a test sees that the page is fresh.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listBundles, loadBundle } from '@lab/cli/bundles';

import { writeTable } from './markdown-table.ts';

export const indexFile = join(import.meta.dirname, '..', 'docs', 'failure_mode_index.md');

/** @returns the whole page. */
export async function renderIndex(): Promise<string> {
  const modes = await Promise.all(listBundles().map((id) => loadBundle(id)));
  const overview = modes.map(({ id, title, breaks, determinism, experiments }) => [
    `[${numberOf(id)}](../failure_modes/${id}/spec.md)`,
    title,
    breaks,
    Object.keys(experiments).join(', '),
    determinism,
  ]);
  const text = [
    '# Failure modes',
    "Generated from the bundles in `failure_modes/` by `pnpm index`; a test fails when it is stale. Control, guard control and recover are in every grid and not listed; mutants are run by the bundle's tests. How to read a bundle: [03_failure_modes.md](03_failure_modes.md).",
    writeTable([['id', 'failure mode', 'breaks', 'transports', 'class'], ...overview]),
    ...modes.flatMap((mode) => describe(mode)),
  ];
  return `${text.join('\n\n')}\n`;
}

type Mode = Awaited<ReturnType<typeof loadBundle>>;

function describe({ id, title, summary, experiments }: Mode): string[] {
  return [
    `## ${numberOf(id)} ${title}`,
    summary,
    `Run it: \`pnpm fm ${id.slice('FM_'.length, 'FM_000'.length)}\`. Spec: [spec.md](../failure_modes/${id}/spec.md).`,
    ...Object.entries(experiments).flatMap(([transport, experiment]) => {
      const { reproduce, placebos, prevent, guard, mutants, faults } = experiment;
      return [
        `### ${numberOf(id)} on ${transport}`,
        writeTable([
          ['cell', 'guard', 'fault', 'expected'],
          cell('reproduce', 'none', reproduce.fault, reproduce.violates),
          ...placebos.map((placebo) =>
            cell('placebo', placebo.name, placebo.fault, placebo.violates),
          ),
          ...prevent.map(({ fault }) => cell('prevent', guard, fault, [])),
          ...mutants.map(({ name, fault, violates }) => cell('mutant', name, fault, violates)),
        ]),
        Object.entries(faults)
          .map(([name, { point }]) => `- \`${name}\`: ${point}`)
          .join('\n'),
      ];
    }),
  ];
}

function cell(role: string, guard: string, fault: string, violates: readonly string[]): string[] {
  const expected =
    violates.length === 0 ? 'every invariant holds' : `${violates.join(', ')} violated`;
  return [role, `\`${guard}\``, `\`${fault}\``, expected];
}

function numberOf(id: string): string {
  return id.slice(0, 'FM_000'.length);
}

if (import.meta.main) writeFileSync(indexFile, await renderIndex());
