/**
 * How many jobs a second go through one guarded worker, from a queue that is full before it starts to the last effect
 * in Redis. Read over a direct connection, so that it is measured alike with and without the lab's instruments.
 */
import { rmSync } from 'node:fs';

import { type Transport, until } from '@lab/contract';

import type { CellPlan } from './cell-plan.ts';
import type { FailureMode } from './failure-mode.ts';
import { planGrid } from './grid.ts';
import type { Laboratory } from './laboratory.ts';
import { openObserver } from './observer.ts';
import { CellRecorder } from './recorder.ts';
import { createRunFolder } from './run-folder.ts';
import { describeRun } from './run-header.ts';
import { openScene } from './scene.ts';

export interface ThroughputOptions {
  readonly mode: FailureMode;
  readonly transport: Transport;
  readonly jobs: number;
  readonly runsDir: string;
  readonly limitMs: number;
}

/** @returns jobs per second. @throws ConditionTimeout when the jobs are not all effected within the limit. */
export async function measureThroughput(
  lab: Laboratory,
  options: ThroughputOptions,
): Promise<number> {
  const { mode, transport, jobs, limitMs } = options;
  const plan = loadedPlan(mode, transport, jobs);
  const folder = createRunFolder(
    options.runsDir,
    describeRun(lab, { mode, seed: 1, specs: [plan.spec], command: 'throughput' }),
  );
  try {
    using recorder = new CellRecorder(folder.eventsDir, plan.spec.id);
    await using scene = await openScene(lab, folder, plan, recorder);
    await using observer = await openObserver(scene);
    const producer = await scene.spawn('producer', 'producer');
    await scene.bounded('all jobs are in the queue', producer.exited, limitMs);

    const worker = await scene.spawn('worker', 'worker-1');
    await worker.ready();
    const before = await observer.effects();
    const start = performance.now();
    const after = await until(
      `${jobs} effects`,
      async () => {
        const effects = await observer.effects();
        return effects >= jobs ? { met: effects } : { missing: `${effects} effects` };
      },
      { limitMs, everyMs: 2, signal: lab.signal },
    );
    const seconds = (performance.now() - start) / 1000;
    await scene.stop('worker-1');
    return (after - before) / seconds;
  } finally {
    rmSync(folder.path, { recursive: true, force: true });
  }
}

/** The guard's control cell with many jobs, and a worker that keeps many in flight. */
function loadedPlan(mode: FailureMode, transport: Transport, jobs: number): CellPlan {
  const plan = planGrid(mode, transport, 1).find(({ spec }) => spec.role === 'guard control');
  if (plan === undefined) throw new Error(`${mode.id} has no guard control on ${transport}`);
  return {
    spec: { ...plan.spec, jobs },
    worker: { ...plan.worker, PREFETCH: '50', LOG_LEVEL: 'warn' },
    producer: { ...plan.producer, CONFIRM_WINDOW: '200', LOG_LEVEL: 'warn' },
  };
}
