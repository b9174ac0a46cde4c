/** A time that was seen to its end, or one that was longer than was watched. */
export interface Duration {
  readonly value: number;
  readonly censored: boolean;
}

/**
 * Median of times of which some were only watched so far (Kaplan and Meier 1958): the first time by which half or more
 * of those that began have ended. Where nothing is censored this is the ordinary lower median.
 * @returns null when fewer than half ended within the watch: the median lies beyond it
 */
export function survivalMedian(durations: readonly Duration[]): number | null {
  // Of equal times the ended one comes first: the censored one was still going on then.
  const ordered = durations.toSorted(
    (a, b) => a.value - b.value || Number(a.censored) - Number(b.censored),
  );
  let going = ordered.length;
  let surviving = 1;
  for (const { value, censored } of ordered) {
    if (!censored) surviving *= (going - 1) / going;
    going -= 1;
    if (!censored && surviving <= 0.5 + 1e-12) return value;
  }
  return null;
}
