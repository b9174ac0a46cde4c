/** FM_001 on BullMQ: the lease of a running job ends, another worker takes it over, the first one comes back. */
import { cut, hold, kill, type FaultScript, type Stage, type StrikeExperiment } from '@lab/harness';

type Answer = 'effect-applied' | 'effect-refused' | 'settle-reply';

/** Redis has answered that worker's step for the struck job. */
async function answered(
  stage: Stage,
  role: string,
  key: string,
  answers: readonly Answer[],
): Promise<void> {
  await stage.seen(
    `Redis answers ${role} (${answers.join(' or ')}) for ${key}`,
    ({ link, means, passage, keys }) =>
      link === `${role}>redis` &&
      answers.some((answer) => answer === means) &&
      passage === 'crossed' &&
      keys?.includes(key) === true,
  );
}

const leaseStolen: FaultScript = {
  point: 'handler entered, effect not yet in Redis, until the lease has passed to another worker',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'effect' }) },
  fault: (stage, holder) => hold(stage.link(holder, 'redis')),
  lastsMs: 2500,
  strike: async (stage, { key, holder, other, hold: held }) => {
    const partition = hold(stage.link(holder, 'redis'));
    await stage.inject(partition);
    held.release();
    await answered(stage, other, key, ['settle-reply']);
    await stage.heal(partition);
    await answered(stage, holder, key, ['effect-applied', 'effect-refused']);
  },
};

const workerKilled: FaultScript = {
  point: 'after the effect is in Redis, before the worker has read the reply',
  holdAt: { server: 'redis', frame: () => ({ direction: 'down', means: 'effect-applied' }) },
  fault: (stage, holder) => kill(stage.process(holder)),
  lastsMs: 2500,
  strike: async (stage, { key, holder, other, hold: held }) => {
    await stage.inject(kill(stage.process(holder)));
    held.release();
    await answered(stage, other, key, ['settle-reply']);
  },
};

const effectLost: FaultScript = {
  point: 'after the claim, before the effect reaches Redis',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'effect' }) },
  fault: (stage, holder) => cut(stage.link(holder, 'redis')),
  lastsMs: 2500,
  strike: async (stage, { key, holder, other, hold: held }) => {
    const partition = cut(stage.link(holder, 'redis'));
    await stage.inject(partition);
    held.release();
    await answered(stage, other, key, ['settle-reply']);
    await stage.heal(partition);
  },
};

const lease = { LOCK_DURATION_MS: '1000', STALLED_INTERVAL_MS: '400' };

export const bullmq: StrikeExperiment = {
  kind: 'strike',
  jobs: 24,
  livenessLimitMs: 15_000,
  worker: lease,
  faults: {
    'lease-stolen': leaseStolen,
    'worker-killed': workerKilled,
    'effect-lost': effectLost,
  },
  reproduce: { fault: 'lease-stolen', violates: ['INV_001'] },
  placebos: [
    {
      name: 'attempts: 1',
      guard: 'none',
      fault: 'lease-stolen',
      violates: ['INV_001'],
      producer: { ATTEMPTS: '1' },
      because:
        '`attempts` counts failures; a stalled job has not failed and is run again all the same',
    },
    {
      name: 'longer lock',
      guard: 'none',
      fault: 'lease-stolen',
      violates: ['INV_001'],
      worker: { LOCK_DURATION_MS: '2000' },
      because: 'a longer lease moves the moment; a partition that outlasts it finds the same gap',
    },
    {
      name: 'check-then-act',
      guard: 'check-then-act',
      fault: 'lease-stolen',
      violates: ['INV_001'],
      because: 'the first worker checked before it was cut off and acts on that answer afterwards',
    },
  ],
  guard: 'atomic-claim',
  prevent: [
    {
      fault: 'lease-stolen',
      guardMustAct: true,
      because: 'the late effect meets the claim of the second worker and is refused by the store',
    },
    {
      fault: 'worker-killed',
      guardMustAct: true,
      because: 'the re-run finds the claim that its dead predecessor left with the effect',
    },
  ],
  mutants: [
    {
      name: 'split-claim',
      guard: 'split-claim',
      fault: 'effect-lost',
      violates: ['INV_006', 'INV_012'],
      because: 'the claim was made and the effect was not: the re-run takes the job for done',
    },
  ],
};
