/**
 * The dose at which half respond: the fault length or the load at which half of the seeds stick. From a logistic fit
 * where the counts allow one, from the bracket of two doses where they do not.
 */

/** k of n responded at x. */
export interface DoseCount {
  readonly x: number;
  readonly k: number;
  readonly n: number;
}

export type HalfPoint =
  /** P(x) = 1 / (1 + exp(-slope (x - at))). */
  | { readonly kind: 'fit'; readonly at: number; readonly slope: number }
  /** No dose but at most one has both outcomes: it lies between two, `at` by straight line between their rates. */
  | { readonly kind: 'bracket'; readonly at: number; readonly low: number; readonly high: number }
  /** Half or more respond at the lowest dose already; `at` is that dose. */
  | { readonly kind: 'below'; readonly at: number }
  /** Fewer than half respond at the highest dose; `at` is that dose. */
  | { readonly kind: 'above'; readonly at: number };

/**
 * @param counts in any order; several of one dose are added up, empty ones left out
 * @returns null where nothing was counted, and where the response does not rise with the dose
 */
export function halfPointOf(counts: readonly DoseCount[]): HalfPoint | null {
  const doses = addedUp(counts);
  const [first, last] = [doses[0], doses.at(-1)];
  if (first === undefined || last === undefined) return null;
  if (isSeparated(doses)) return bracketOf(doses, first, last);
  const fit = fitLogistic(doses);
  if (fit === null || !(fit.slope > 0)) return null;
  if (fit.at < first.x) return { kind: 'below', at: first.x };
  if (fit.at > last.x) return { kind: 'above', at: last.x };
  return { kind: 'fit', ...fit };
}

/**
 * Maximum likelihood by Newton's method on standardised doses.
 * @returns null where there is no maximum: the outcomes separate, there is one dose only, or it did not settle
 */
export function fitLogistic(
  counts: readonly DoseCount[],
): { readonly at: number; readonly slope: number } | null {
  const total = counts.reduce((sum, { n }) => sum + n, 0);
  const mean = counts.reduce((sum, { x, n }) => sum + x * n, 0) / total;
  const spread = Math.sqrt(counts.reduce((sum, { x, n }) => sum + n * (x - mean) ** 2, 0) / total);
  if (!(spread > 0)) return null;

  let [intercept, slope] = [0, 0];
  for (let step = 0; step < 100; step += 1) {
    const { gradient, curvature } = derivatives(counts, mean, spread, intercept, slope);
    const determinant = curvature[0] * curvature[2] - curvature[1] ** 2;
    if (!(determinant > 1e-12)) return null;
    const moveIntercept = (curvature[2] * gradient[0] - curvature[1] * gradient[1]) / determinant;
    const moveSlope = (curvature[0] * gradient[1] - curvature[1] * gradient[0]) / determinant;
    // A step is at most one unit long: from a bad start Newton's own would overshoot.
    const damping = 1 / Math.max(1, Math.hypot(moveIntercept, moveSlope));
    intercept += damping * moveIntercept;
    slope += damping * moveSlope;
    if (Math.hypot(moveIntercept, moveSlope) < 1e-10) {
      return { at: mean - (intercept / slope) * spread, slope: slope / spread };
    }
  }
  return null;
}

/** First and second derivatives of the log-likelihood, the second with its sign turned. */
function derivatives(
  counts: readonly DoseCount[],
  mean: number,
  spread: number,
  intercept: number,
  slope: number,
): { readonly gradient: [number, number]; readonly curvature: [number, number, number] } {
  const gradient: [number, number] = [0, 0];
  const curvature: [number, number, number] = [0, 0, 0];
  for (const { x, k, n } of counts) {
    const dose = (x - mean) / spread;
    const chance = 1 / (1 + Math.exp(-(intercept + slope * dose)));
    const weight = n * chance * (1 - chance);
    gradient[0] += k - n * chance;
    gradient[1] += (k - n * chance) * dose;
    curvature[0] += weight;
    curvature[1] += weight * dose;
    curvature[2] += weight * dose ** 2;
  }
  return { gradient, curvature };
}

/** All that did not respond lie at or below all that did: the likelihood has no maximum, the slope runs away. */
function isSeparated(doses: readonly DoseCount[]): boolean {
  const lowestResponse = doses.find(({ k }) => k > 0)?.x ?? Infinity;
  const highestFailure = doses.findLast(({ k, n }) => k < n)?.x ?? -Infinity;
  return highestFailure <= lowestResponse;
}

/** Separated counts rise, so there is one place where their rate passes a half. */
function bracketOf(doses: readonly DoseCount[], first: DoseCount, last: DoseCount): HalfPoint {
  const upper = doses.findIndex(({ k, n }) => k / n >= 0.5);
  const [low, high] = [doses[upper - 1], doses[upper]];
  if (high === undefined) return { kind: 'above', at: last.x };
  if (low === undefined) return { kind: 'below', at: first.x };
  const [rateLow, rateHigh] = [low.k / low.n, high.k / high.n];
  const share = (0.5 - rateLow) / (rateHigh - rateLow);
  return { kind: 'bracket', at: low.x + share * (high.x - low.x), low: low.x, high: high.x };
}

function addedUp(counts: readonly DoseCount[]): readonly DoseCount[] {
  const doses = new Map<number, DoseCount>();
  for (const { x, k, n } of counts) {
    if (!(k >= 0 && k <= n)) throw new RangeError(`expected 0 <= k <= n, got ${k} of ${n}`);
    if (n === 0) continue;
    const known = doses.get(x);
    doses.set(x, { x, k: k + (known?.k ?? 0), n: n + (known?.n ?? 0) });
  }
  return [...doses.values()].toSorted((a, b) => a.x - b.x);
}
