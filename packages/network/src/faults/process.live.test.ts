/** Faults done to real processes. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, expect, it } from 'vitest';

import { kill, pause } from './index.ts';
import { processState } from './process-state.ts';

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

async function target(): Promise<{ role: string; pid: number; child: ChildProcess }> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  children.push(child);
  await once(child, 'spawn');
  return { role: 'worker-1', pid: child.pid ?? 0, child };
}

it('a kill returns when the process is gone, and its end is its healing', async () => {
  const { child, ...worker } = await target();
  const exited = once(child, 'exit');
  const fault = kill(worker);
  expect(fault).toMatchObject({ verb: 'kill', target: 'worker-1', label: 'kill worker-1' });
  expect(await fault.isHealed()).toBe(true);
  expect(await fault.inject()).toBe(`pid ${worker.pid} is gone`);
  await fault.heal();
  expect(await fault.isHealed()).toBe(true);
  expect((await exited)[1]).toBe('SIGKILL');
  await expect(kill(worker).inject()).rejects.toThrow(/worker-1 .* still running\?/);
});

it('a pause is read back, and undone as often as one likes', async () => {
  const { child: _child, ...worker } = await target();
  const fault = pause(worker);
  expect(await fault.isHealed()).toBe(true);
  expect(await fault.inject()).toBe(`state T of pid ${worker.pid}`);
  expect(await fault.isHealed()).toBe(false);
  expect(await processState(worker.pid)).toBe('T');
  await fault.heal();
  await fault.heal();
  expect(await fault.isHealed()).toBe(true);
});

it('a paused process may be killed', async () => {
  const { child: _child, ...worker } = await target();
  const fault = pause(worker);
  await fault.inject();
  await kill(worker).inject();
  expect(await fault.isHealed()).toBe(true);
  await fault.heal();
});
