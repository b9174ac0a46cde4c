/** Plain tables of figures for the terminal, and the lines that say where they were measured. */
import type { ThroughputResult } from '@lab/bench';

/** @returns lines; the first column reads from the left, the others stand at the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return [head, ...rows].map((row) =>
    widths
      .map((width, column) => {
        const text = row[column] ?? '';
        return column === 0 ? text.padEnd(width) : text.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

export function describeResultMachine(machine: ThroughputResult['machine']): string {
  const { cores, processor, memoryGiB, os, loadAverage } = machine;
  const busy = loadAverage === null ? '' : `, load average ${loadAverage} at the start`;
  return `${cores} x ${processor}, ${memoryGiB} GiB, ${os}${busy}`;
}

export function describeVersions({
  runtime,
  faultsBy,
  versions,
}: ThroughputResult['laboratory']): string {
  return [
    ...Object.entries(versions).map(([name, version]) => `${name} ${version}`),
    `links by ${faultsBy}`,
    `brokers: ${runtime}`,
  ].join(', ');
}
