/** Runs one command in a process group of its own, to its end, its limit, or an interruption. */
import { spawn } from 'node:child_process';

export interface Ended {
  /** Null when it had to be killed, or died of a signal. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** It was told to end because it took longer than its limit. */
  readonly late: boolean;
}

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly limitMs: number;
  /** Once aborted, the command is told to end and the promise rejects with the signal's reason. */
  readonly signal: AbortSignal;
}

/** How long one that was told to end may take to heal and clear up before it is killed. */
const graceMs = 20_000;

/** The Node that runs this, on a file of the copy. */
export async function runNode(words: readonly string[], options: CommandOptions): Promise<Ended> {
  options.signal.throwIfAborted();
  const child = spawn(process.execPath, words, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // a Ctrl-C at the terminal is told to this program alone, which passes it on
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));

  let late = false;
  let killing: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    killing ??= setTimeout(() => killGroup(child.pid), graceMs);
  };
  const limit = setTimeout(() => {
    late = true;
    end();
  }, options.limitMs);
  options.signal.addEventListener('abort', end, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject).once('close', resolve);
    });
    options.signal.throwIfAborted();
    return { exitCode, stdout, stderr, late };
  } finally {
    clearTimeout(limit);
    clearTimeout(killing);
    options.signal.removeEventListener('abort', end);
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // gone in the meantime
  }
}
