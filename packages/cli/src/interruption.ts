/**
 * Ctrl-C and SIGTERM. The first asks: cells heal, processes end, the history is written, exit 130. The second
 * insists: out at once, saying which command clears up. A reader that goes away (`| head -1`) asks, too.
 */
import { exitCode } from './exit-code.ts';
import { isReaderGone } from './output.ts';

export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

export interface Listening extends Disposable {
  /** Aborts at the first interruption; its reason is an {@link Interrupted} that names it. */
  readonly signal: AbortSignal;
}

export interface InterruptionListener {
  /** The first came; `by` says what. */
  asked(by: string): void;
  /** The second came: called just before the program ends. */
  leaving(): void;
}

const onStandardError: InterruptionListener = {
  asked: (by) =>
    void process.stderr.write(`${by}: clearing up what was started (again to leave at once)\n`),
  leaving: () => undefined,
};

/** @returns a signal, and a way to stop listening. */
export function listenForInterruption(listener: InterruptionListener = onStandardError): Listening {
  const controller = new AbortController();
  const ask = (by: string): void => {
    if (controller.signal.aborted) return;
    listener.asked(by);
    controller.abort(new Interrupted(by));
  };
  const interrupt = (by: NodeJS.Signals): void => {
    if (!controller.signal.aborted) return ask(by);
    listener.leaving();
    process.stderr.write('interrupted twice: leaving at once. Clear up with: pnpm fm down\n');
    process.exit(exitCode.interrupted);
  };
  const pipeClosed = (error: Error): void => {
    if (isReaderGone(error)) ask('nobody reads the output any more');
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  process.stdout.on('error', pipeClosed);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, interrupt);
      process.stdout.off('error', pipeClosed);
    },
  };
}
