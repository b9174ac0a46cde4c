/**
 * Every invariant that FM_001 is judged by, violated in a live cell on each transport: a system with one thing wrong about
 * one job comes out with that invariant violated by that job, and with no other.
 */
import type { InvariantId, Transport } from '@lab/contract';
import {
  defineFailureMode,
  kill,
  struckKey,
  type CellPlan,
  type FaultScript,
  type StrikeExperiment,
} from '@lab/harness';
import type { Judgement } from '@lab/invariants';
import { beforeAll, describe, expect, test } from 'vitest';

import { bundleTest, type PlayedCell } from '../../test-laboratory.ts';
import { bullmq } from '../bullmq.ts';
import { rabbitmq } from '../rabbitmq.ts';
import fm001 from '../scenario.ts';
import {
  programFile,
  slugOf,
  violations,
  withWrongWorker,
  type WrongWorker,
} from './wrong-cells.ts';

/** A worker dies when the broker has handed it a job, before it has read it. */
const killedInHand = (server: 'rabbitmq' | 'redis'): FaultScript => ({
  point: 'after the job was handed out, before the worker has read it',
  holdAt: { server, frame: () => ({ direction: 'down', means: 'deliver' }) },
  fault: (stage, holder) => kill(stage.process(holder)),
  lastsMs: 200,
  strike: async (stage, { key, holder, other, hold: held }) => {
    await stage.inject(kill(stage.process(holder)));
    held.release();
    await stage.seen(
      `${other} is done with ${key}`,
      ({ link, means, passage, keys }) =>
        link === `${other}>${server}` &&
        (means === 'settle' || means === 'reject') &&
        passage === 'crossed' &&
        keys?.includes(key) === true,
    );
  },
});

/** A deployment: a worker is told to end with a job in hand, has its time to, and takes it. No fault of the lab's does that. */
const toldToEnd: FaultScript = {
  point: 'handler entered, effect not yet in Redis',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'claim' }) },
  fault: (stage, holder) => kill(stage.process(holder)),
  lastsMs: 200,
  strike: async (stage, { holder, hold: held }) => {
    held.release();
    await stage.process(holder).stop();
  },
};

const struckInHand = (
  experiment: StrikeExperiment,
  server: 'rabbitmq' | 'redis',
): StrikeExperiment => ({
  ...experiment,
  worker: { ...experiment.worker, LOCK_DURATION_MS: '4000' }, // what is wrong is the program, not a lease that ran out
  faults: {
    ...experiment.faults,
    'killed-in-hand': killedInHand(server),
    'told-to-end': toldToEnd,
  },
  reproduce: { ...experiment.reproduce, fault: 'worker-killed' }, // the workers of programs/ do not reconnect
  guard: 'none',
  prevent: ['killed-in-hand', 'told-to-end'].map((fault) => ({
    fault,
    guardMustAct: false,
    because: 'nothing was done yet',
  })),
});
const mode = defineFailureMode({
  ...fm001,
  experiments: {
    rabbitmq: struckInHand(rabbitmq, 'rabbitmq'),
    bullmq: struckInHand(bullmq, 'redis'),
  },
});
const { made } = bundleTest(mode);

interface Case extends WrongWorker {
  /** What must be found violated, and nothing else. */
  readonly breaks: readonly InvariantId[];
  /** `contrary` by default. */
  readonly conclusion?: Judgement['conclusion'];
}

interface StruckCase extends Case {
  readonly fault: string;
}

const victim = 'job-0003';
const struck = struckKey({ jobs: rabbitmq.jobs, seed: 1 });

/** In a cell without a fault, wrong about one job. */
const wrongAboutOne: readonly Case[] = [
  { wrong: 'applies twice', breaks: ['INV_001', 'INV_005'] },
  { wrong: 'acknowledges without a word', breaks: ['INV_005', 'INV_006', 'INV_012'] },
  { wrong: 'complains and acknowledges', breaks: ['INV_006', 'INV_012'] },
  { wrong: 'gives up at the first failure', breaks: ['INV_006'] },
  {
    wrong: 'sits on it',
    about: 'job-0024',
    breaks: ['INV_011'],
    worker: { SIT_MS: '9000' },
    spec: { livenessLimitMs: 6000 },
  },
  { wrong: 'never ends', breaks: ['INV_011'], conclusion: 'inconclusive' }, // nobody saw the cell's end
  { wrong: 'applies and gives up', breaks: ['INV_012'] },
  { wrong: 'applies another amount', breaks: ['INV_014'] },
];
/** A BullMQ job lies in one set only, so there it cannot be. */
const wrongOnRabbitmq: readonly Case[] = [
  { wrong: 'gives up twice', breaks: ['INV_012'], spec: { poison: [victim] } },
];
/** Wrong about the struck job: its worker was killed, or told to end. */
const wrongAboutStruck: readonly StruckCase[] = [
  { wrong: 'gives up what was delivered before', fault: 'killed-in-hand', breaks: ['INV_006'] },
  {
    wrong: 'gives up at SIGTERM',
    about: struck,
    fault: 'told-to-end',
    breaks: ['INV_006'],
    conclusion: 'inconclusive', // the fault that the plan names was not injected
  },
];
const stallsOnBullmq: readonly StruckCase[] = [
  {
    wrong: 'allows no stall',
    fault: 'killed-in-hand',
    breaks: ['INV_006'],
    worker: { MAX_STALLED_COUNT: '0' },
  },
];

describe.each<Transport>(['rabbitmq', 'bullmq'])('on %s', (transport) => {
  const aboutOne = [...wrongAboutOne, ...(transport === 'rabbitmq' ? wrongOnRabbitmq : [])];
  const aboutStruck = [...wrongAboutStruck, ...(transport === 'bullmq' ? stallsOnBullmq : [])];
  let cells: ReadonlyMap<string, PlayedCell>;
  beforeAll(async () => {
    cells = await made(transport, (grid) => [
      ...aboutOne.map((each) => {
        const plan = grid.find(({ spec }) => spec.role === 'control');
        const changed = withWrongWorker(plan, { about: victim, ...each });
        const { spec } = changed;
        return {
          ...changed,
          spec: { ...spec, expected: { ...spec.expected, INV_005: 'holds' as const } },
        };
      }),
      ...aboutStruck.map((each) =>
        withWrongWorker(
          grid.find(({ spec }) => spec.role === 'prevent' && spec.fault === each.fault),
          each,
        ),
      ),
      ...(['nothing', 'applies twice and complains'] as const).map((wrong) =>
        withWrongWorker(
          grid.find(({ spec }) => spec.role === 'reproduce'),
          { wrong, about: victim },
        ),
      ),
      ...['idle', 'restless'].map((name) => reconciledBy(grid, name)),
    ]);
  }, 180_000);
  const cell = (id: string): PlayedCell['judgement'] | undefined =>
    cells.get(`${transport}/${id}`)?.judgement;

  test.each(aboutOne)(
    'a worker that $wrong breaks $breaks',
    ({ wrong, breaks, about = victim, conclusion = 'contrary' }) => {
      const judged = cell(`control/${slugOf(wrong)}`);
      expect(violations(judged)).toEqual(Object.fromEntries(breaks.map((id) => [id, [about]])));
      expect(judged).toMatchObject({ conclusion });
    },
  );

  test.each(aboutStruck)(
    'one that $wrong breaks $breaks',
    ({ wrong, fault, breaks, conclusion = 'contrary' }) => {
      const judged = cell(`prevent/${fault}/${slugOf(wrong)}`);
      expect(violations(judged)).toEqual(Object.fromEntries(breaks.map((id) => [id, [struck]])));
      expect(judged).toMatchObject({ conclusion });
    },
  );

  test('what the fault is expected to do to the struck job is not excused in another', () => {
    const unguarded = cell('reproduce/nothing');
    expect(violations(unguarded)).toEqual({ INV_001: [struck] });
    expect(unguarded?.conclusion).toBe('as expected');

    const wronged = cell(`reproduce/${slugOf('applies twice and complains')}`);
    expect(violations(wronged)).toEqual({ INV_001: [victim, struck] });
    expect(wronged?.conclusion).toBe('contrary');
    expect(wronged?.reasons.join('; ')).toContain(victim);
  });

  test('a reconciler that does nothing breaks INV_004, and what it was to restore stays broken', () => {
    const judged = cell('recover/idle');
    expect(violations(judged)).toEqual({ INV_001: [struck], INV_004: [struck] });
    expect(judged).toMatchObject({ conclusion: 'contrary' });
  });

  test('one that takes an effect back and puts it in again when it is run again breaks INV_004', () => {
    const judged = cell('recover/restless');
    expect(violations(judged)).toEqual({ INV_004: [struck] });
    expect(judged).toMatchObject({ conclusion: 'contrary' });
  });
});

function reconciledBy(grid: readonly CellPlan[], name: string): CellPlan {
  const plan = grid.find(({ spec }) => spec.role === 'recover');
  if (plan === undefined) throw new Error('the grid has no recovery');
  return {
    ...plan,
    programs: { reconciler: programFile(`${name}-reconciler`) },
    spec: { ...plan.spec, id: `${plan.spec.id}/${name}` },
  };
}
