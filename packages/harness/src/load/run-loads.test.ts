import { plainLoad, type LoadSetting } from '@lab/contract';
import type { Judgement } from '@lab/invariants';
import { expect, test } from 'vitest';

import type { CellPlan } from '../cell-plan.ts';
import { runLoads } from './run-loads.ts';

/** A queue whose messages expire cannot grow: that it stays as it is shows after 120 T. */
const plateauSetting: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'immediate',
  seed: 1,
  slots: 4,
  serviceMs: 40,
  capacityPerS: 100,
  offeredPerS: 70,
  timeoutMs: 500,
  attempts: 4,
  clients: 5,
  warmUpMs: 3000,
  trigger: 'stall',
  triggerMs: 1500,
  observeMs: 8500,
  ...plainLoad,
  watchLimitMs: 90_000,
};

const plans = ['a', 'b', 'c', 'd'].map((id) => ({ spec: { id } }) as CellPlan); // all that is looked at

/** Runs the four loads; those named were disturbed. @returns what ran, batch by batch, and what was told of it */
async function runFour(isDisturbed: (id: string) => boolean, aborted = false) {
  const begun: string[] = [];
  const told: string[] = [];
  const substitutes: [string, string | undefined][] = [];
  let open: Promise<unknown> | undefined;
  await runLoads(plans, {
    atATime: 4,
    runOne: async ({ spec }) => {
      if (open === undefined) {
        begun.push('|');
        open = new Promise(setImmediate).then(() => (open = undefined));
      }
      begun.push(spec.id);
      substitutes.push([spec.id, spec.rerunOf]);
      await open;
      return aborted ? null : judgementOf(spec, isDisturbed(spec.id));
    },
    tell: (kind, { spec }) => told.push(`${kind} ${spec.id}`),
  });
  return { begun: begun.join(' '), told, substitutes };
}

function judgementOf(spec: CellPlan['spec'], disturbed: boolean): Judgement {
  const gate = { name: 'host CPU', rule: 'host CPU <= 0.85', value: 0.9, passed: !disturbed };
  const load = { gates: [gate] } as unknown as Judgement['load']; // only its gates are looked at
  return { spec, ending: 'completed', load } as Judgement;
}

test('what nothing disturbed runs once', async () => {
  const { begun, told } = await runFour(() => false);
  expect(begun).toBe('| a b c d');
  expect(told).toEqual(['cell a', 'cell b', 'cell c', 'cell d']);
});

test('what was disturbed runs again, two at a time, then alone, and each says for which run it stands in', async () => {
  const { begun, told, substitutes } = await runFour((id) => id !== 'b' && id !== 'd@2');
  expect(begun).toBe('| a b c d | a@2 d@2 | c@2 | a@3 | c@3');
  expect(told).toEqual([
    'discarded a',
    'cell b',
    'discarded c',
    'discarded d',
    'discarded a@2',
    'cell d@2',
    'discarded c@2',
    'cell a@3', // disturbed again, and by itself: it stays
    'cell c@3',
  ]);
  expect(substitutes).toContainEqual(['d@2', 'd']);
  expect(substitutes).toContainEqual(['a@3', 'a@2']);
});

test('after an interruption nothing is told or run again', async () => {
  const { begun, told } = await runFour(() => true, true);
  expect(begun).toBe('| a b c d');
  expect(told).toEqual([]);
});

test('a load that has to be watched for long does not keep the others waiting', async () => {
  const plateau = { ...plateauSetting, policy: 'per-message-ttl', seed: 1 };
  const long = { spec: { id: 'long', load: plateau } } as CellPlan;
  const others = ['a', 'b', 'c', 'd', 'e'].map((id) => ({ spec: { id } }) as CellPlan);
  const order: string[] = [];
  const ended = Promise.withResolvers<void>();
  await runLoads([...others, long], {
    atATime: 4,
    runOne: async ({ spec }) => {
      order.push(spec.id);
      if (spec.id === 'e') ended.resolve();
      if (spec.id === 'long') await ended.promise; // would wait for ever for one that begins after it
      return judgementOf(spec, false);
    },
    tell: () => undefined,
  });
  expect(order.toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'long']);
  expect(order[0]).toBe('long');
});
