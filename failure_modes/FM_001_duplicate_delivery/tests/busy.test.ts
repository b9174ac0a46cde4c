/**
 * The judge's books over honest runs of the whole grid that are hard to keep them on: ten jobs in hand at each worker, and a
 * machine whose processors are all busy with something else.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { bundleTest } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { whole } = bundleTest(mode);

test('with ten jobs in hand at each worker it is proven, and nothing surprises', async () => {
  const { verdict, reasons, cells } = await whole((plan) => ({
    ...plan,
    worker: { ...plan.worker, PREFETCH: '10' },
  }));
  expect(
    cells.flatMap(({ spec, breaches }) => breaches.map(({ says }) => [spec.id, says])),
  ).toEqual([]);
  expect({ verdict, reasons }).toEqual({ verdict: 'proven', reasons: [] });
});

test('with every processor kept busy no cell is contrary', async () => {
  await using _ = keepBusy(4);
  const { verdict, cells } = await whole((plan) => plan);
  const contrary = cells.filter(({ conclusion }) => conclusion === 'contrary');
  expect(contrary.map(({ spec, reasons }) => [spec.id, reasons])).toEqual([]);
  expect(verdict).not.toBe('disproven');
});

/** Processes that do nothing but use a processor; they end with what is returned, or by themselves after some minutes. */
function keepBusy(processes: number): AsyncDisposable {
  const loop = 'const end = Date.now() + 200_000; while (Date.now() < end);';
  const children = Array.from({ length: processes }, () =>
    spawn(process.execPath, ['-e', loop], { stdio: 'ignore' }),
  );
  return {
    async [Symbol.asyncDispose]() {
      const exits = children.map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(exits);
    },
  };
}
