/** FM_001 on RabbitMQ: four ways in which one message reaches two workers, each at its own protocol point. */
import {
  cut,
  hold,
  kill,
  type StrikeExperiment,
  type FaultScript,
  type HeldJob,
  type Stage,
} from '@lab/harness';

/** The broker has handed the struck job to the other worker, and has its acknowledgement. */
async function settledBy(stage: Stage, role: string, key: string): Promise<void> {
  await stage.seen(
    `${role} settles ${key}`,
    ({ link, means, passage, keys }) =>
      link === `${role}>rabbitmq` &&
      means === 'settle' &&
      passage === 'crossed' &&
      keys?.includes(key) === true,
  );
}

/** Cuts the holder off while the frame is held, lets go into the closed connection, and heals once the other is done. */
async function cutOff(stage: Stage, { key, holder, other, hold: held }: HeldJob): Promise<void> {
  const partition = cut(stage.link(holder, 'rabbitmq'));
  await stage.inject(partition);
  held.release();
  await settledBy(stage, other, key);
  await stage.heal(partition);
}

const ackLost: FaultScript = {
  point: "after the effect is in Redis, before the worker's basic.ack reaches the broker",
  holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'up', means: 'settle' }) },
  fault: (stage, holder) => cut(stage.link(holder, 'rabbitmq')),
  lastsMs: 200,
  strike: cutOff,
};

const deliveryLost: FaultScript = {
  point: 'after the broker sent basic.deliver, before the worker received it',
  holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'down', means: 'deliver' }) },
  fault: (stage, holder) => cut(stage.link(holder, 'rabbitmq')),
  lastsMs: 200,
  strike: cutOff,
};

const workerKilled: FaultScript = {
  point: 'after the effect is in Redis, before the worker has read the reply',
  holdAt: { server: 'redis', frame: () => ({ direction: 'down', means: 'effect-applied' }) },
  fault: (stage, holder) => kill(stage.process(holder)),
  lastsMs: 200,
  strike: async (stage, { key, holder, other, hold: held }) => {
    await stage.inject(kill(stage.process(holder)));
    held.release();
    await settledBy(stage, other, key);
  },
};

const checkOutlived: FaultScript = {
  point: 'after the check said "not yet done", before the effect reaches Redis',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'effect' }) },
  fault: (stage, holder) => hold(stage.link(holder, 'redis')),
  lastsMs: 200,
  strike: async (stage, { key, holder, other, hold: held }) => {
    const stalled = hold(stage.link(holder, 'redis'));
    const partition = cut(stage.link(holder, 'rabbitmq'));
    await stage.inject(stalled);
    held.release();
    await stage.inject(partition);
    await settledBy(stage, other, key);
    await stage.heal(stalled);
    await stage.seen(
      `the late effect of ${holder} reaches Redis and is answered`,
      ({ link, means, passage, keys }) =>
        link === `${holder}>redis` &&
        (means === 'effect-applied' || means === 'effect-refused') &&
        passage === 'crossed' &&
        keys?.includes(key) === true,
    );
    await stage.heal(partition);
  },
};

const effectLost: FaultScript = {
  point: 'after the claim, before the effect reaches Redis',
  holdAt: { server: 'redis', frame: () => ({ direction: 'up', means: 'effect' }) },
  fault: (stage, holder) => cut(stage.link(holder, 'redis')),
  lastsMs: 200,
  strike: async (stage, { key, holder, other, hold: held }) => {
    const storeGone = cut(stage.link(holder, 'redis'));
    const brokerGone = cut(stage.link(holder, 'rabbitmq'));
    await stage.inject(brokerGone);
    await stage.inject(storeGone);
    held.release();
    await settledBy(stage, other, key);
    await stage.heal(storeGone);
    await stage.heal(brokerGone);
  },
};

export const rabbitmq: StrikeExperiment = {
  kind: 'strike',
  jobs: 24,
  livenessLimitMs: 10_000,
  faults: {
    'ack-lost': ackLost,
    'delivery-lost': deliveryLost,
    'worker-killed': workerKilled,
    'check-outlived': checkOutlived,
    'effect-lost': effectLost,
  },
  reproduce: { fault: 'ack-lost', violates: ['INV_001'] },
  placebos: [
    {
      name: 'trust-redelivered',
      guard: 'trust-redelivered',
      fault: 'delivery-lost',
      violates: ['INV_005', 'INV_006', 'INV_012'],
      because:
        '`redelivered` says that the broker sent it before, not that anybody did it: the job is skipped and lost, silently',
    },
    {
      name: 'memory-set',
      guard: 'memory-set',
      fault: 'worker-killed',
      violates: ['INV_001'],
      because: 'the set of seen keys dies with the process that knew',
    },
    {
      name: 'check-then-act',
      guard: 'check-then-act',
      fault: 'check-outlived',
      violates: ['INV_001'],
      because: 'both workers checked before either had marked: the check was true when it was made',
    },
  ],
  guard: 'atomic-claim',
  prevent: [
    {
      fault: 'ack-lost',
      guardMustAct: true,
      because: 'the second delivery finds the claim and is acknowledged without an effect',
    },
    {
      fault: 'delivery-lost',
      guardMustAct: false,
      because: 'nothing was claimed, so the redelivered job is done, once',
    },
    {
      fault: 'worker-killed',
      guardMustAct: true,
      because: 'the claim lives in the store, not in the process',
    },
    {
      fault: 'check-outlived',
      guardMustAct: true,
      because: 'claim and effect are one step, so the late one is refused by the store',
    },
  ],
  mutants: [
    {
      name: 'split-claim',
      guard: 'split-claim',
      fault: 'effect-lost',
      violates: ['INV_006', 'INV_012'],
      because: 'the claim was made and the effect was not: the redelivered job is taken for done',
    },
  ],
};
