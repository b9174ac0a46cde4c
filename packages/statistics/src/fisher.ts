/** Successes of trials. */
export interface Count {
  readonly k: number;
  readonly n: number;
}

/**
 * Fisher's exact test, two-sided: how likely counts as unequal as these are, or less likely ones, when both come from
 * the same rate. Exact at any size, so it may be asked of 3 of 10 against 0 of 10.
 * @returns the p value; 1 where one of them has no trials
 * @throws RangeError unless 0 <= k <= n
 */
export function fisherExact(a: Count, b: Count): number {
  for (const { k, n } of [a, b]) {
    if (!(k >= 0 && k <= n)) throw new RangeError(`expected 0 <= k <= n, got ${k} of ${n}`);
  }
  const successes = a.k + b.k;
  const logs = logFactorials(a.n + b.n);
  const choose = (n: number, k: number): number =>
    logOf(logs, n) - logOf(logs, k) - logOf(logs, n - k);
  const whole = choose(a.n + b.n, successes);
  const chanceOf = (k: number): number =>
    Math.exp(choose(a.n, k) + choose(b.n, successes - k) - whole);
  const seen = chanceOf(a.k);
  let p = 0;
  for (let k = Math.max(0, successes - b.n); k <= Math.min(a.n, successes); k += 1) {
    const chance = chanceOf(k);
    if (chance <= seen * (1 + 1e-9)) p += chance; // equally likely ones, but for rounding
  }
  return Math.min(1, p);
}

/** ln 0!, ln 1!, …, ln n!. */
function logFactorials(n: number): readonly number[] {
  const logs = [0];
  for (let factor = 1; factor <= n; factor += 1) {
    logs.push((logs.at(-1) ?? 0) + Math.log(factor));
  }
  return logs;
}

function logOf(logs: readonly number[], n: number): number {
  const log = logs[n];
  if (log === undefined) throw new RangeError(`no factorial of ${n}`);
  return log;
}
