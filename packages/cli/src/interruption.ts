/**
 * Ctrl-C and SIGTERM. The first asks: cells heal, processes end, the history is written, exit 130. The second
 * insists: out at once, saying which command clears up.
 */
import { exitCode } from './exit-code.ts';

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** @returns a signal that aborts at the first interruption, and a way to stop listening. */
export function listenForInterruption(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const interrupt = (by: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      process.stderr.write('\ninterrupted twice: leaving at once. Clear up with: pnpm fm down\n');
      process.exit(exitCode.interrupted);
    }
    process.stderr.write(`\n${by}: healing faults and ending processes (again to leave at once)\n`);
    controller.abort(new Interrupted(by));
  };
  const onPipeClosed = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') throw error;
    controller.abort(new Interrupted('standard output was closed'));
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  process.stdout.on('error', onPipeClosed);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', interrupt).off('SIGTERM', interrupt).off('SIGHUP', interrupt);
      process.stdout.off('error', onPipeClosed);
    },
  };
}
