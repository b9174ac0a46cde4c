import { EnvironmentError } from '@lab/brokers';
import { stormResultSchema } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { describeMachine } from './machine.ts';
import { planStorm } from './profile.ts';
import {
  runStorm,
  wavesOf,
  type StormOptions,
  type StormProgress,
  type StormRun,
} from './run-storm.ts';
import { resultOf } from './storm-result.ts';
import { simulatedLoad } from './testing/simulated-load.ts';

const plan = planStorm({
  profile: 'fast',
  policies: ['immediate', 'bounded-queue-reject'],
  seeds: 1,
  mayRestart: false,
});

function storm(
  options: Partial<StormOptions> = {},
): Promise<{ run: StormRun; progress: StormProgress[] }> {
  const progress: StormProgress[] = [];
  return runStorm({
    plan,
    sideBySide: 3,
    shortCalibration: false,
    anyway: false,
    signal: new AbortController().signal,
    measure: (_, setting) => Promise.resolve(simulatedLoad(setting, 0.98)),
    onProgress: (step) => void progress.push(step),
    ...options,
  }).then((run) => ({ run, progress }));
}

describe('a storm', () => {
  test('calibrates first, offers rho times what it measured, and judges every cell beside law and model', async () => {
    const { run, progress } = await storm();
    expect(progress.slice(0, 2).map(({ kind }) => kind)).toEqual(['calibrating', 'calibrated']);
    const [calibration] = run.calibrations;
    expect(calibration?.measuredPerS).toHaveLength(3);
    const capacity = calibration?.capacityPerS ?? 0;
    expect(capacity).toBeGreaterThan(0.97 * 250);
    expect(capacity).toBeLessThan(1.03 * 250);
    expect(run.cells).toHaveLength(plan.cells.length);
    for (const { setting } of run.cells) {
      expect(setting.offeredPerS).toBeCloseTo(0.7 * capacity);
      expect(setting.capacityPerS).toBe(capacity);
    }
    const verdicts = Object.fromEntries(run.cells.map((cell) => [cell.id, cell.measured?.verdict]));
    expect(verdicts).toEqual({
      'policies/immediate/s1': 'stuck',
      'policies/immediate-untroubled/s1': 'recovered',
      'policies/bounded-queue-reject/s1': 'recovered',
      'policies/none/s1': 'recovered',
    });
    expect(run.cells.flatMap(({ gates }) => gates.filter(({ passed }) => !passed))).toEqual([]);
    expect(run.cells.every(({ agrees }) => agrees)).toBe(true);
    expect(run.stopped).toBeNull();
  });

  test('is one document that its schema takes', async () => {
    const { run } = await storm();
    const result = resultOf({
      command: 'pnpm fm bench storm',
      profile: 'fast',
      startedAt: new Date(0),
      tookMs: 1,
      sideBySide: 3,
      plan,
      run,
      laboratory: { runtime: 'local', faultsBy: 'nobody', versions: {}, commit: 'none' },
      machine: describeMachine(),
    });
    expect(() => stormResultSchema.parse(JSON.parse(JSON.stringify(result)))).not.toThrow();
    expect(result.policies.map(({ name }) => name)).toEqual([
      'none',
      'immediate',
      'bounded-queue-reject',
    ]);
  });

  test('does not run on a machine that cannot carry it, and says what to do', async () => {
    const slow = (_: string, setting: Parameters<StormOptions['measure']>[1]) =>
      Promise.resolve(simulatedLoad(setting, 0.8));
    const refusal = storm({ measure: slow });
    await expect(refusal).rejects.toThrow(EnvironmentError);
    await expect(refusal).rejects.toThrow(/requests\/s of 250 .*--parallel 1/s);
  });

  test('measures once more on a machine that was busy for a moment, and takes what it then measured', async () => {
    const ids: string[] = [];
    const { run } = await storm({
      sideBySide: 1,
      measure: (id, setting) => {
        if (id.startsWith('calibration')) ids.push(id);
        return Promise.resolve(simulatedLoad(setting, ids.length === 1 ? 0.8 : 1));
      },
    });
    expect(new Set(ids).size).toBe(2);
    expect(run.calibrations).toHaveLength(1);
    expect(run.calibrations[0]?.capacityPerS).toBeGreaterThan(0.97 * 250);
    expect(run.cells.every(({ valid }) => valid)).toBe(true);
  });

  test('that runs on such a machine anyway counts nothing', async () => {
    const { run } = await storm({
      anyway: true,
      measure: (_, setting) => Promise.resolve(simulatedLoad(setting, 0.8)),
    });
    expect(run.cells).toHaveLength(plan.cells.length);
    expect(run.cells.some(({ valid }) => valid)).toBe(false);
  });

  test('keeps what was measured when it is interrupted', async () => {
    const controller = new AbortController();
    let measured = 0;
    const { run } = await storm({
      sideBySide: 1,
      signal: controller.signal,
      measure: (id, setting) => {
        if (!id.startsWith('calibration')) measured += 1;
        if (measured < 3) return Promise.resolve(simulatedLoad(setting));
        controller.abort(new Error('SIGINT'));
        return Promise.resolve({ ending: 'aborted', events: [] });
      },
    });
    expect(run.cells).toHaveLength(2);
    expect(run.stopped).toEqual({ why: 'interrupted', interrupted: true });
  });

  test('stops when cell after cell does not complete', async () => {
    const { run } = await storm({
      sideBySide: 1,
      measure: (id, setting) =>
        Promise.resolve(
          id.startsWith('calibration')
            ? simulatedLoad(setting)
            : { ending: 'crashed: the broker is gone', events: [] },
        ),
    });
    expect(run.cells).toHaveLength(3);
    expect(run.stopped).toMatchObject({ interrupted: false });
    expect(run.stopped?.why).toMatch(/3 cells in a row.*the broker is gone/);
  });

  test('runs what strikes the broker with nothing beside it', async () => {
    const restarts = planStorm({
      profile: 'fast',
      trigger: 'restart',
      policies: ['immediate'],
      seeds: 1,
      mayRestart: true,
    });
    let running = 0;
    let most = 0;
    await storm({
      plan: restarts,
      measure: async (id, setting) => {
        running += 1;
        if (!id.startsWith('calibration') && setting.trigger === 'restart') {
          most = Math.max(most, running);
        }
        await Promise.resolve();
        running -= 1;
        return simulatedLoad({ ...setting, trigger: 'stall' });
      },
    });
    expect(most).toBe(1);
  });
});

describe('waves', () => {
  test('are of so many cells at most, of about one length, each cell once and in the order of the plan', () => {
    const planned = planStorm({ profile: 'full', seeds: 1, mayRestart: true }).cells;
    const waves = wavesOf(planned, 4);
    const together = waves.filter(([first]) => first?.alone === false);
    expect(together.flat()).toEqual(planned.filter(({ alone }) => !alone));
    for (const wave of together) {
      expect(wave.length).toBeLessThanOrEqual(4);
      const lengths = wave.map(({ load }) => load.warmUpMs + load.triggerMs + load.observeMs);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(2 * Math.min(...lengths));
    }
    const alone = waves.filter(([first]) => first?.alone === true);
    expect(alone.length).toBeGreaterThan(0);
    expect(alone.every((wave) => wave.length === 1)).toBe(true);
  });

  test('put those that take much longer than they must after the others, the shortest first', () => {
    const planned = planStorm({
      profile: 'full',
      studies: ['policies'],
      seeds: 1,
      mayRestart: true,
    }).cells.slice(0, 10);
    const [first, second] = planned;
    const lengthOf = ({ id, load }: (typeof planned)[number]): number =>
      id === first?.id ? 100_000 : id === second?.id ? 60_000 : load.observeMs + 7000;
    const waves = wavesOf(planned, 4, lengthOf);
    expect(waves.slice(0, 2).flat()).toEqual(planned.slice(2));
    expect(waves.slice(2)).toEqual([[second], [first]]);
  });
});
