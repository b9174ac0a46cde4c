/**
 * Student's t: what a small sample of roughly normal values says about the mean behind it. The quantile is found by
 * halving, from the distribution function in its closed form for whole degrees of freedom (Abramowitz and Stegun,
 * Handbook of Mathematical Functions, 26.7.3 and 26.7.4).
 */

/** A mean with its 95 % bounds. */
export interface MeanBounds {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/**
 * @returns the value that Student's t with so many degrees of freedom stays below with this probability
 * @throws RangeError unless 0 < probability < 1 and the degrees of freedom are a whole number from 1
 */
export function studentQuantile(probability: number, degrees: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new RangeError(`expected a probability between 0 and 1, got ${probability}`);
  }
  if (!(Number.isInteger(degrees) && degrees >= 1)) {
    throw new RangeError(`expected a whole number of degrees of freedom from 1, got ${degrees}`);
  }
  if (probability < 0.5) return -studentQuantile(1 - probability, degrees);
  let [low, high] = [0, 1];
  while (below(high, degrees) < probability) [low, high] = [high, 2 * high];
  // Until no number lies between the two any more.
  for (let middle = (low + high) / 2; low < middle && middle < high; middle = (low + high) / 2) {
    if (below(middle, degrees) < probability) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Bounds of the mean that independent, roughly normal values were drawn about, two-sided at 95 %.
 * @throws RangeError of fewer than two values: one says nothing of how they spread
 */
export function meanBounds(sample: readonly number[]): MeanBounds {
  const n = sample.length;
  if (n < 2) throw new RangeError(`expected two values or more, got ${n}`);
  const mean = sample.reduce((sum, value) => sum + value, 0) / n;
  const squares = sample.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const half = studentQuantile(0.975, n - 1) * Math.sqrt(squares / (n - 1) / n);
  return { mean, low: mean - half, high: mean + half };
}

/** P(T <= t) for t >= 0. */
function below(t: number, degrees: number): number {
  return 0.5 + within(t, degrees) / 2;
}

/** P(-t <= T <= t): 26.7.3 for odd degrees of freedom, 26.7.4 for even ones. */
function within(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = degrees % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = degrees === 1 ? 0 : term;
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cosine ** 2 * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
