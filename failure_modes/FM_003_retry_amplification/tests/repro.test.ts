/** Clients that try again stay down after the trigger is gone; without it, or without retries, they do not. */
import { expect, test, vi } from 'vitest';

import { bundleTest, violated, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

vi.setConfig({ testTimeout: 400_000 }); // a plateau is watched for a minute, and again where the machine is busy

const { cells, changed } = bundleTest(mode);

test('a stall that is over leaves unguarded clients at several attempts a job and no answers', async () => {
  const [cell] = await cells('rabbitmq', ({ role }) => role === 'reproduce');
  expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
  expect(cell && violated(cell)).toEqual(['INV_009', 'INV_011']);
  expect(cell?.load?.outcome.verdict).toBe('stuck');
  expect(cell?.load?.outcome.amplificationAfter).toBeGreaterThan(3);
  expect(cell?.faults).toMatchObject([{ verb: 'pause', healed: true, metTraffic: true }]);
});

test('the same load with the trigger withheld breaks nothing, and is reported as contrary', async () => {
  const [cell] = await changed('rabbitmq', ({ role }) => role === 'reproduce', withoutFault);
  expect(cell?.ending).toBe('completed');
  expect(cell && violated(cell)).toEqual([]);
  expect(cell?.conclusion).toBe('contrary');
});

test('the controls hold: retries without a trigger, and the trigger without retries', async () => {
  const controls = await cells('rabbitmq', ({ role }) => role === 'control');
  expect(controls.map(({ spec }) => [spec.guard, spec.fault])).toEqual([
    ['immediate', null],
    ['none', 'stall'],
  ]);
  for (const control of controls) {
    expect(control, control.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(control.load?.outcome.verdict, control.spec.id).toBe('recovered');
  }
});

test('every placebo fails, each in the way its entry says', async () => {
  const placebos = await cells('rabbitmq', ({ role }) => role === 'placebo');
  expect(placebos.map(({ spec }) => spec.guard).toSorted()).toEqual([
    'full-jitter',
    'more-attempts',
    'per-message-ttl',
  ]);
  for (const placebo of placebos) {
    expect(placebo, placebo.spec.id).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(violated(placebo), placebo.spec.id).toEqual(['INV_009', 'INV_011']);
    expect(placebo.load?.outcome.verdict, placebo.spec.id).toBe('stuck');
  }
});
