/** What a program that repairs says on standard output when it is done: one JSON document with how much it repaired. */

/** @returns what it said under `repaired`; null when it did not say how much, which is not nothing */
export function repairsSaidBy(output: string): number | null {
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'));
  const repaired = line === undefined ? undefined : parse(line)?.repaired;
  return Number.isInteger(repaired) && Number(repaired) >= 0 ? Number(repaired) : null;
}

/**
 * What is recorded of one run. One that failed is judged by its exit code, whatever it had to say.
 * @throws when it ended well and did not say how much it repaired: nobody may read that as nothing
 */
export function repairsOf(role: string, output: string, exitCode: number | null): number {
  const repairs = repairsSaidBy(output);
  if (repairs === null && exitCode === 0) {
    throw new Error(`${role} ended with code 0 and did not say how much it repaired`);
  }
  return repairs ?? 0;
}

function parse(line: string): { readonly repaired?: unknown } | null {
  try {
    return JSON.parse(line) as { readonly repaired?: unknown }; // an object: it begins with a brace
  } catch {
    return null;
  }
}
