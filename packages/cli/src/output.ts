/** Standard output and error whose reader may go away at any moment, as in `fm list | head -1`. */

/** Node forgets at once that a standard stream has failed. */
const abandoned = new WeakSet<NodeJS.WriteStream>();

/** True when the other end of the pipe, or the terminal, is gone. */
export function isReaderGone(error: Error): boolean {
  const { code } = error as NodeJS.ErrnoException; // stream errors of the system are errno errors
  return code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';
}

/** False once a write has shown that nobody reads it; see {@link tolerateReadersThatLeave}. */
export function hasReader(stream: NodeJS.WriteStream): boolean {
  return !abandoned.has(stream);
}

/** What nobody reads any more is dropped; every other error is thrown. Idempotent. */
export function tolerateReadersThatLeave(
  streams: readonly NodeJS.WriteStream[] = [process.stdout, process.stderr],
): void {
  for (const stream of streams) {
    if (!stream.listeners('error').includes(drop)) stream.on('error', drop);
  }
}

function drop(this: NodeJS.WriteStream, error: Error): void {
  if (!isReaderGone(error)) throw error;
  abandoned.add(this);
}
