/** Shapes of findings, so that no checker can forget that nothing exercised means nothing known. */
import type { Finding, InvariantId, Witness } from '@lab/contract';

export function unknown(invariant: InvariantId, reason: string): Finding {
  return { invariant, state: 'unknown', reason };
}

/**
 * @param exercised how many things were checked
 * @param witnesses the violations in the order they happened
 * @param vacuous the reason to give when nothing was checked
 */
export function findingOf(
  invariant: InvariantId,
  exercised: number,
  witnesses: readonly Witness[],
  vacuous: string,
  note?: string,
): Finding {
  if (exercised === 0) return unknown(invariant, vacuous);
  if (witnesses.length > 0) {
    const violations = witnesses.length;
    return {
      invariant,
      state: 'violated',
      exercised,
      violations,
      witnesses: witnesses.slice(0, 48),
    };
  }
  return { invariant, state: 'holds', exercised, ...(note === undefined ? {} : { note }) };
}

/** Counts with its noun: `1 job`, `2 jobs`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
