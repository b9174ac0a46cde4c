/** What a program that repairs says on standard output when it is done: one JSON document with how much it repaired. */

/** @returns what it said under `repaired` or `shed`; 0 when it said nothing */
export function repairsSaidBy(output: string): number {
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'));
  if (line === undefined) return 0;
  const said = JSON.parse(line) as { repaired?: unknown; shed?: unknown };
  return Number(said.repaired ?? said.shed ?? 0);
}
