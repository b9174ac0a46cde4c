/** What closes a raw file: how many whole lines it has, and the digest of their bytes. Half a line at its end is no part of it. */
import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

const chunkBytes = 1 << 20;
const newline = 10;

export interface LineDigest {
  readonly lines: number;
  readonly sha256: string;
}

/** @param most how many lines from the file's beginning; all by default */
export function digestLines(file: string, most = Number.POSITIVE_INFINITY): LineDigest {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let half = Buffer.alloc(0);
  let lines = 0;
  const fd = openSync(file, 'r');
  try {
    while (lines < most) {
      const read = readSync(fd, chunk);
      if (read === 0) break;
      const bytes = Buffer.concat([half, chunk.subarray(0, read)]);
      let end = 0;
      for (let at = bytes.indexOf(newline); at >= 0 && lines < most;) {
        lines += 1;
        end = at + 1;
        at = bytes.indexOf(newline, end);
      }
      hash.update(bytes.subarray(0, end));
      half = bytes.subarray(end);
    }
  } finally {
    closeSync(fd);
  }
  return { lines, sha256: hash.digest('hex') };
}
