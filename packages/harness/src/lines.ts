/** A file's lines one by one, without ever holding the file: a history may be longer than a string can be. */
import { closeSync, openSync, readSync } from 'node:fs';

const chunkBytes = 1 << 20;
const newline = 10;

/** @yields every line that a newline ends, without it; then, unless `halfLine` is `drop`, what stands after the last one. */
export function* linesOf(file: string, halfLine: 'keep' | 'drop'): Generator<string> {
  const fd = openSync(file, 'r');
  try {
    let rest = Buffer.alloc(0);
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const read = readSync(fd, chunk);
      if (read === 0) break;
      const bytes = Buffer.concat([rest, chunk.subarray(0, read)]);
      const end = bytes.lastIndexOf(newline) + 1; // a newline is never part of another character in UTF-8
      if (end > 0) yield* bytes.toString('utf8', 0, end - 1).split('\n');
      rest = bytes.subarray(end);
    }
    if (halfLine === 'keep' && rest.length > 0) yield rest.toString('utf8');
  } finally {
    closeSync(fd);
  }
}
