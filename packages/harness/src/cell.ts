/**
 * The life of one cell: start, steady state, load, strike, heal, settle, observe, recover. Whatever happens,
 * faults are healed, processes ended, and the vhost and keys of the cell removed.
 */
import { askServers } from '@lab/brokers';
import {
  type EventBody,
  type LedgerEntry,
  type LifePhase,
  type Snapshot,
  type Probed,
} from '@lab/contract';

import { struckKey, type CellPlan } from './cell-plan.ts';
import { endingOf } from './ending.ts';
import type { FaultScript, HeldJob } from './failure-mode.ts';
import type { Laboratory } from './laboratory.ts';
import type { MachineWatch } from './machine/machine-watch.ts';
import { openObserver, type Observer } from './observer.ts';
import { CellRecorder } from './recorder.ts';
import type { RunFolder } from './run-folder.ts';
import { repairsOf } from './said.ts';
import { openScene, type Scene } from './scene.ts';
import { serversOf } from './servers-of.ts';

export interface CellOptions {
  readonly plan: CellPlan;
  /** The script of the plan's fault; undefined when the fault is withheld. */
  readonly script: FaultScript | undefined;
  /** How the fault is applied: at its fault point, or after so many frames without holding any. */
  readonly steering:
    | { readonly kind: 'steered' }
    | { readonly kind: 'unsteered'; readonly afterFrames: number; readonly lastsMs: number };
  readonly recover: boolean;
  /** Limit for each wait, ms. */
  readonly limitMs: number;
  readonly onPhase?: (phase: LifePhase) => void;
  readonly onEvent?: (event: EventBody, source: string) => void;
  /** Records what the machine withheld from the cell's programs. */
  readonly machine: MachineWatch;
}

/** @returns how it ended: `completed`, or what went wrong; all else is in the history. */
export async function runCell(
  lab: Laboratory,
  folder: RunFolder,
  options: CellOptions,
): Promise<string> {
  const { spec } = options.plan;
  using recorder = new CellRecorder(folder.eventsDir, spec.id);
  if (options.onEvent !== undefined) recorder.listen(options.onEvent);
  const record = (event: EventBody): void => recorder.record('lab', event);
  record({ kind: 'cell', phase: 'start', spec });
  let ending: string;
  using watched = options.machine.watch(recorder);
  try {
    await live(lab, folder, options, recorder, record);
    ending = 'completed';
  } catch (error) {
    ending = endingOf(error, lab.signal.aborted);
  }
  for (const answer of await askServers(lab.brokers, serversOf(spec))) {
    record({ kind: 'server', ...answer });
  }
  watched[Symbol.dispose]();
  record({ kind: 'cell', phase: 'end', ending });
  recorder.recordSources();
  return ending;
}

async function live(
  lab: Laboratory,
  folder: RunFolder,
  options: CellOptions,
  recorder: CellRecorder,
  record: (event: EventBody) => void,
): Promise<void> {
  const { plan, limitMs } = options;
  const enter = (name: LifePhase): void => {
    record({ kind: 'phase', name });
    options.onPhase?.(name);
  };

  enter('start');
  await using scene = await openScene(lab, folder, plan, recorder);
  const workers = ['worker-1', 'worker-2'];
  await Promise.all(
    workers.map(async (role) => {
      const worker = await scene.spawn('worker', role);
      await worker.ready();
    }),
  );
  await using observer = await openObserver(scene);

  enter('steady state');
  const strike = prepareStrike(scene, workers, options);

  enter('load');
  const producer = await scene.spawn('producer', 'producer');

  enter('strike');
  await strike?.();

  enter('heal');
  await scene.healAll();

  enter('settle');
  await scene.bounded('the producer has an outcome for every job', producer.exited, limitMs);
  await scene.waitFor(
    'every job is settled: queue empty, nothing unacknowledged, effects stable',
    settled(observer),
    limitMs,
  );

  enter('observe');
  await Promise.all(workers.map((role) => scene.stop(role)));
  await scene.waitFor(
    'every program of the system has ended, and every connection of its with it',
    () => Promise.resolve(scene.systemEnded()),
    limitMs,
  );
  const snapshot = async (name: string): Promise<Snapshot> => {
    const taken = await observer.snapshot(name);
    record({ kind: 'snapshot', snapshot: taken });
    return taken;
  };
  if (!options.recover) {
    await snapshot('final');
  } else {
    enter('recover');
    await snapshot('before recovery');
    for (const [round, name] of ['after recovery', 'after second recovery'].entries()) {
      await recoverOnce(scene, round + 1, limitMs, record);
      await snapshot(name);
    }
  }
  enter('done');
}

/** Arms the fault point before the load starts; the function it returns strikes once the wire is held there. */
function prepareStrike(
  scene: Scene,
  workers: readonly string[],
  options: CellOptions,
): (() => Promise<void>) | undefined {
  const { script, steering, limitMs } = options;
  if (script === undefined) return undefined;
  if (steering.kind === 'unsteered') return prepareUnsteered(scene, script, steering, limitMs);

  const key = struckKey(options.plan.spec);
  const frame = { ...script.holdAt.frame(options.plan.worker['GUARD'] ?? 'none'), key };
  const holds = workers.map((role) => ({
    role,
    hold: scene.link(role, script.holdAt.server).holdAt(frame),
  }));
  return async () => {
    const reached = Promise.race(
      holds.map(async ({ role, hold }) => ({ role, hold, event: await hold.reached })),
    );
    const { role, hold, event } = await scene.bounded(
      `${key} reaches the fault point: ${script.point}`,
      reached,
      limitMs,
    );
    for (const other of holds) if (other.hold !== hold) other.hold.cancel();
    const held: HeldJob = {
      key,
      event,
      hold,
      holder: role,
      other: workers.find((worker) => worker !== role) ?? role,
    };
    try {
      await script.strike(scene, held);
    } finally {
      hold.release();
    }
  };
}

/** The same fault, at no particular moment: after so many frames of load, nothing held. */
function prepareUnsteered(
  scene: Scene,
  script: FaultScript,
  steering: Extract<CellOptions['steering'], { kind: 'unsteered' }>,
  limitMs: number,
): () => Promise<void> {
  const moment = scene.framesCrossed(steering.afterFrames);
  const fault = script.fault(scene, 'worker-1');
  return async () => {
    await scene.bounded(`${steering.afterFrames} frames have crossed`, moment, limitMs);
    await scene.inject(fault);
    await scene.lasting(steering.lastsMs);
    await scene.heal(fault);
  };
}

/** Settled: nothing waits, nothing is in hand, and two looks in a row saw the same ledger. */
function settled(observer: Observer): () => Promise<Probed<true>> {
  let before: readonly LedgerEntry[] | undefined;
  return async () => {
    const { ready, unacknowledged } = await observer.counts();
    const ledger = await observer.ledger();
    const stable = before?.length === ledger.length;
    before = ledger;
    if (ready === 0 && unacknowledged === 0 && stable) return { met: true };
    return {
      missing: `${ready} ready, ${unacknowledged} unacknowledged, ${ledger.length} ledger entries`,
    };
  };
}

/** One run of the reconciler, and what it said it repaired. */
async function recoverOnce(
  scene: Scene,
  round: number,
  limitMs: number,
  record: (event: EventBody) => void,
): Promise<void> {
  const role = `reconciler-${round}`;
  const reconciler = await scene.spawn('reconciler', role);
  const [exit, output] = await scene.bounded(
    `reconciler run ${round} ends`,
    Promise.all([reconciler.exited, reconciler.allOutput()]),
    limitMs,
  );
  const repairs = repairsOf(role, output, exit.code);
  record({ kind: 'recovery', round, exitCode: exit.code ?? -1, repairs });
}
