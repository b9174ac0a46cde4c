/** Comparing versions of servers: numbers between dots, anything after them ignored. */

/** @returns whether `version` comes before `oldest`; a version that cannot be read does not. */
export function isOlder(version: string, oldest: string): boolean {
  const [left, right] = [numbers(version), numbers(oldest)];
  if (left.length === 0) return false;
  for (const [index, wanted] of right.entries()) {
    const got = left[index] ?? 0;
    if (got !== wanted) return got < wanted;
  }
  return false;
}

function numbers(version: string): number[] {
  return (/^v?(\d+(?:\.\d+)*)/.exec(version)?.[1] ?? '')
    .split('.')
    .filter((part) => part !== '')
    .map(Number);
}
