/** Runs lab-to-kill.ts until it has made something, then kills it the hard way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';

import { z } from 'zod';

const madeSchema = z.object({
  session: z.string(),
  directory: z.string(),
  vhost: z.string(),
  prefix: z.string(),
  ports: z.array(z.number()),
});

export interface KilledLab extends z.infer<typeof madeSchema> {
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

export async function startLabToKill(
  runtime: 'local' | 'attached',
  env: NodeJS.ProcessEnv = {},
): Promise<KilledLab> {
  const program = path.join(import.meta.dirname, 'lab-to-kill.ts');
  const child = spawn(process.execPath, [program, runtime], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit');
  const first = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    exited.then(([code]) => Promise.reject(new Error(`it ended by itself with ${code}`))),
  ]);
  return {
    ...madeSchema.parse(JSON.parse(first)),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
