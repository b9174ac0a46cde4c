/**
 * Writes docs/failure_mode_index.md from the bundles: `pnpm index`. What it says of a bundle is what the bundle's
 * scenario says; a test sees that the page is fresh.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { listBundles, loadBundle } from '@lab/cli/bundles';
import type { Transport } from '@lab/contract';

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
type Experiment = NonNullable<Mode['experiments'][Transport]>;

function describe({ id, title, summary, experiments }: Mode): string[] {
  return [
    `## ${numberOf(id)} ${title}`,
    summary,
    `Run it: \`pnpm fm ${id.slice('FM_'.length, 'FM_000'.length)}\`. Spec: [spec.md](../failure_modes/${id}/spec.md).`,
    ...Object.entries(experiments).flatMap(([transport, experiment]) => {
      const { reproduce, placebos, mutants, faults } = experiment;
      const { unguarded, controls, prevented } = contestants(experiment);
      return [
        `### ${numberOf(id)} on ${transport}`,
        writeTable([
          ['cell', experiment.kind === 'load' ? 'policy' : 'guard', 'fault', 'expected'],
          ...controls.map(({ guard, fault }) => cell('control', guard, fault, [])),
          cell('reproduce', unguarded, reproduce.fault, reproduce.violates),
          ...placebos.map((placebo) =>
            cell('placebo', placebo.name, placebo.fault, placebo.violates),
          ),
          ...prevented.map(({ guard, fault }) => cell('prevent', guard, fault, [])),
          ...mutants.map(({ name, fault, violates }) => cell('mutant', name, fault, violates)),
        ]),
        Object.entries(faults)
          .map(([name, { point }]) => `- \`${name}\`: ${point}`)
          .join('\n'),
      ];
    }),
  ];
}

interface Contestant {
  readonly guard: string;
  readonly fault: string;
}

/** Who is on trial: the one guard of a struck job, or the policies of a load. */
function contestants(experiment: Experiment): {
  readonly unguarded: string;
  /** Those with a fault; the control without one is in every grid. */
  readonly controls: readonly Contestant[];
  readonly prevented: readonly Contestant[];
} {
  if (experiment.kind === 'strike') {
    const { guard, prevent } = experiment;
    return {
      unguarded: 'none',
      controls: [],
      prevented: prevent.map(({ fault }) => ({ guard, fault })),
    };
  }
  const { controls, prevent, reproduce } = experiment;
  return {
    unguarded: reproduce.policy,
    controls: controls.map(contestant),
    prevented: prevent.map(contestant),
  };
}

function contestant({ policy, fault }: { policy: string; fault: string }): Contestant {
  return { guard: policy, fault };
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
