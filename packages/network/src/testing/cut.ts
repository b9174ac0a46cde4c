/** For property tests: a stream arrives in chunks cut anywhere. */
import * as fc from 'fast-check';

/** Cuts bytes at places chosen by `cuts` (each 0 to 1, of the length). */
export function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => Math.floor(cut * bytes.length)).toSorted((a, b) => a - b);
  const chunks = [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
  return chunks.filter((chunk) => chunk.length > 0);
}

/** No cut, a few, or so many that most chunks hold a byte or two. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
  fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 8 }),
  fc.constant(Array.from({ length: 400 }, (_, index) => index / 400)),
);
