/** The life of a run on real brokers, when things go wrong: it is judged, and nothing is left. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { plainLoad, type Fault } from '@lab/contract';
import { judgeRun } from '@lab/invariants';
import { cut } from '@lab/network';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';

import { defineFailureMode, type FailureMode, type FaultScript } from './failure-mode.ts';
import { openLaboratory, type Laboratory } from './laboratory.ts';
import { NoCellSelected } from './plan-cells.ts';
import { readRun } from './run-folder.ts';
import { run, type RunOptions } from './run.ts';

let lab: Laboratory;
let redis: Redis;
let runsDir: string;

beforeAll(async () => {
  redis = new Redis(inject('redisUrl'));
});
afterAll(() => {
  redis.disconnect();
});
beforeEach(async () => {
  runsDir = mkdtempSync(join(tmpdir(), 'lab-harness-'));
  lab = await openTestLaboratory();
});
afterEach(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(runsDir, { recursive: true, force: true });
});

function openTestLaboratory(signal?: AbortSignal): Promise<Laboratory> {
  return openLaboratory({
    runtime: 'attached',
    attach: {
      rabbitmq: inject('rabbitmqUrl'),
      management: inject('managementUrl'),
      redis: inject('redisUrl'),
      toxiproxy: inject('toxiproxyUrl'),
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

const ackLost: FaultScript = {
  point: 'before the ack',
  holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'up', means: 'settle' }) },
  fault: (stage, holder) => cut(stage.link(holder, 'rabbitmq')),
  lastsMs: 50,
  strike: async (stage, { holder, other, key, hold }) => {
    const partition = cut(stage.link(holder, 'rabbitmq'));
    await stage.inject(partition);
    hold.release();
    await stage.seen(
      'the other one settles',
      ({ link, means, keys }) =>
        link === `${other}>rabbitmq` && means === 'settle' && keys?.includes(key) === true,
    );
  },
};

function modeWith(script: FaultScript): FailureMode {
  return defineFailureMode({
    id: 'FM_998_live',
    title: 'Live',
    summary: 'Live.',
    breaks: 'INV_001',
    judged: ['INV_001', 'INV_006'],
    determinism: 'D1',
    experiments: {
      rabbitmq: {
        kind: 'strike',
        jobs: 8,
        livenessLimitMs: 10_000,
        faults: { fault: script },
        reproduce: { fault: 'fault', violates: ['INV_001'] },
        placebos: [],
        guard: 'atomic-claim',
        prevent: [],
        mutants: [],
      },
    },
  });
}

function optionsFor(script: FaultScript, change: Partial<RunOptions> = {}): RunOptions {
  return {
    mode: modeWith(script),
    transports: ['rabbitmq'],
    seed: 3,
    runsDir,
    command: 'test',
    select: ({ role }) => role === 'reproduce',
    ...change,
  };
}

/** Vhosts and keys of this laboratory's session. */
async function leftovers(): Promise<string[]> {
  const vhosts = await lab.brokers.rabbitmq.listOwnVhosts();
  const keys = await redis.keys(`*${lab.session.id}*`);
  return [...vhosts, ...keys];
}

test('a fault that the script forgot to heal is healed, and its heal is in the history', async () => {
  const { judgement, history } = await run(lab, optionsFor(ackLost));
  expect(judgement.cells[0]).toMatchObject({ conclusion: 'as expected' });
  const phases = history.flatMap((event) => (event.kind === 'fault' ? [event.phase] : []));
  expect(phases).toEqual(['requested', 'on', 'healing', 'off']);
  expect(await leftovers()).toEqual([]);
});

test('a stored run reads back event for event', async () => {
  const { history, folder } = await run(lab, optionsFor(ackLost));
  expect(readRun(folder.path)).toEqual(history);
  rmSync(folder.historyFile);
  expect(readRun(folder.path)).toEqual(history); // merged again from what each process wrote
  expect(
    readFileSync(join(runsDir, 'latest', 'logs', 'rabbitmq~reproduce', 'worker-1.log')),
  ).not.toHaveLength(0);
});

test('a fault point that never comes makes the cell inconclusive and says what did not happen', async () => {
  const never: FaultScript = {
    ...ackLost,
    holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'up', frame: 'basic.recover' }) },
  };
  const { judgement } = await run(lab, optionsFor(never, { limitMs: 1500 }));
  expect(judgement.cells[0]).toMatchObject({ conclusion: 'inconclusive' });
  expect(judgement.cells[0]?.ending).toContain('reaches the fault point: before the ack');
  expect(judgement.verdict).toBe('inconclusive');
  expect(await leftovers()).toEqual([]);
});

test('a fault that cannot be healed makes the cell inconclusive, whatever else it showed', async () => {
  const stubborn: FaultScript = {
    ...ackLost,
    strike: async (stage, held) => {
      const real = cut(stage.link(held.holder, 'rabbitmq'));
      const fault: Fault = {
        ...real,
        inject: () => real.inject(),
        heal: () => Promise.reject(new Error('the proxy does not listen')),
        isHealed: () => Promise.resolve(false),
      };
      await stage.inject(fault);
      held.hold.release();
    },
  };
  const { judgement } = await run(lab, optionsFor(stubborn));
  expect(judgement.cells[0]).toMatchObject({ conclusion: 'inconclusive' });
  expect(judgement.cells[0]?.ending).toContain('the proxy does not listen');
});

test('a script that throws ends its cell and no other', async () => {
  const broken: FaultScript = {
    ...ackLost,
    strike: () => Promise.reject(new Error('wrong door')),
  };
  const { judgement } = await run(
    lab,
    optionsFor(broken, { select: ({ role }) => role === 'control' || role === 'reproduce' }),
  );
  expect(
    judgement.cells.map(({ spec, conclusion }) => `${spec.role}: ${conclusion}`).toSorted(),
  ).toEqual(['control: as expected', 'reproduce: inconclusive']);
  expect(await leftovers()).toEqual([]);
});

test('an abort in the middle of a strike ends processes, heals, removes, and says aborted', async () => {
  const controller = new AbortController();
  await lab[Symbol.asyncDispose]();
  lab = await openTestLaboratory(controller.signal);
  const pids: number[] = [];
  const interrupted: FaultScript = {
    ...ackLost,
    strike: async (stage, held) => {
      pids.push(stage.process('worker-1').pid, stage.process('worker-2').pid);
      await stage.inject(cut(stage.link(held.holder, 'rabbitmq')));
      controller.abort(new Error('Ctrl-C'));
      await stage.seen('nothing that will come', () => false);
    },
  };
  const { judgement, history } = await run(lab, optionsFor(interrupted));
  expect(judgement.cells[0]?.ending).toBe('aborted');
  expect(judgement.verdict).toBe('inconclusive');
  expect(history.some((event) => event.kind === 'fault' && event.phase === 'off')).toBe(true);
  expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  expect(await leftovers()).toEqual([]);
});

test('the unsteered fault strikes at a moment of the seed, and holds nothing', async () => {
  const { history, header } = await run(lab, optionsFor(ackLost, { steered: false }));
  expect(header.steered).toBe(false);
  expect(history.some((event) => event.kind === 'wire' && event.passage === 'held')).toBe(false);
  expect(history.some((event) => event.kind === 'fault' && event.phase === 'on')).toBe(true);
});

test('selecting no cell is refused with the list of cells', async () => {
  await expect(run(lab, optionsFor(ackLost, { select: () => false }))).rejects.toThrow(
    NoCellSelected,
  );
});

test('a load whose generator was held up is run again with the same seed, and only its last run counts', async () => {
  const told: string[] = [];
  const clients: number[] = [];
  const { judgement, history, planned } = await run(lab, {
    ...optionsFor(ackLost),
    mode: loadMode(),
    select: ({ role }) => role === 'control',
    onProgress: (progress) => {
      if (progress.kind === 'cell' || progress.kind === 'discarded') {
        told.push(`${progress.kind} ${progress.spec.id}`);
      }
      if (progress.kind !== 'event') return;
      const { event } = progress;
      if (event.kind === 'process' && event.role === 'client' && event.phase === 'ready') {
        clients.push(event.pid);
      }
      // Once, in the middle of what is measured, for longer than any gate allows.
      const [client] = clients;
      if (event.kind !== 'load' || event.window !== 2 || clients.length > 1 || !client) return;
      process.kill(client, 'SIGSTOP');
      setTimeout(() => process.kill(client, 'SIGCONT'), 400);
    },
  });
  // What runs beside this test may disturb the second run too; then there is a third.
  const [counting, ...others] = judgement.cells;
  expect(others).toEqual([]);
  expect(counting?.spec.id).toMatch(/^rabbitmq\/control@[23]$/);
  expect(counting?.spec.seed).toBe(3);
  expect(told[0]).toBe('discarded rabbitmq/control');
  expect(told.at(-1)).toBe(`cell ${counting?.spec.id}`);
  expect(judgement.discarded[0]).toEqual({
    cell: 'rabbitmq/control',
    rerun: 'rabbitmq/control@2',
    reasons: expect.arrayContaining([expect.stringMatching(/generator lag max ms <= 150/)]),
  });
  const looks = history.filter(
    ({ cell, ...event }) =>
      cell === counting?.spec.id && event.kind === 'load' && event.counts.depth !== undefined,
  );
  expect(looks.at(-1)).toMatchObject({ window: 7 });
  expect(planned).toBe(1);
  expect(judgeRun(history)).toEqual(judgement); // as `fm check` judges it
  expect(await leftovers()).toEqual([]);
});

/** A mode that is a load; its control: seven and a half seconds at half of what the server can do. */
function loadMode(): FailureMode {
  return defineFailureMode({
    id: 'FM_997_load',
    title: 'Load',
    summary: 'Load.',
    breaks: 'INV_011',
    judged: ['INV_011'],
    determinism: 'D0',
    experiments: {
      rabbitmq: {
        kind: 'load',
        setting: {
          topology: 'rpc',
          slots: 4,
          serviceMs: 40,
          capacityPerS: 100,
          offeredPerS: 50,
          timeoutMs: 500,
          attempts: 4,
          clients: 2,
          warmUpMs: 3000,
          triggerMs: 1000,
          observeMs: 3500, // the last window is half of one
          ...plainLoad,
        },
        faults: { stall: { trigger: 'stall', point: 'the server stands still' } },
        reproduce: { policy: 'immediate', fault: 'stall', violates: ['INV_011'] },
        controls: [],
        placebos: [],
        prevent: [],
        mutants: [],
        recover: {},
        livenessLimitMs: 2000,
        workLimit: 2.5,
      },
    },
  });
}
