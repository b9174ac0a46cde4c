/**
 * Random numbers that depend on what they are for and on nothing that happened before: the service time of job 17's
 * second attempt is the same under every policy, on the broker and in the simulator (common random numbers).
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** @returns a function that draws uniformly from [0, 1); the same seed and name give the same stream. */
export function streamOf(seed: number, name: string): () => number {
  const generator = xoroshiro128plus(
    mixed(seed, ...Array.from(name, (letter) => letter.codePointAt(0) ?? 0)),
  );
  return () => uniformFloat64(generator);
}

/** @param uniform in [0, 1) @returns a draw from the exponential distribution of mean 1 */
export function exponential(uniform: number): number {
  return -Math.log1p(-uniform);
}

/** One number in [0, 1) that belongs to these whole numbers. */
export function keyedUniform(...key: readonly number[]): number {
  return mixed(...key) / 2 ** 32;
}

/** MurmurHash3 of 32-bit words: every bit of the key moves every bit of the result. */
function mixed(...words: readonly number[]): number {
  let hash = 0x9747b28c;
  for (const word of words) {
    let block = Math.imul(word | 0, 0xcc9e2d51);
    block = (block << 15) | (block >>> 17);
    hash ^= Math.imul(block, 0x1b873593);
    hash = (hash << 13) | (hash >>> 19);
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0;
  }
  hash ^= words.length * 4;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
