/**
 * FM_000: say in two sentences what happens and why.
 *
 * This is the scaffold: it runs, and it proves a small thing (a lost acknowledgement doubles an effect). Change the
 * fault point first, watch `reproduce` fail to reproduce, then write the guard.
 */
import { cut, defineFailureMode, type FaultScript } from '@lab/harness';

const ackLost: FaultScript = {
  point: "after the effect is in Redis, before the worker's basic.ack reaches the broker",
  // Where the wire is held: the server, and the frame of the struck job on the link to it.
  holdAt: { server: 'rabbitmq', frame: () => ({ direction: 'up', means: 'settle' }) },
  // The fault itself; an unsteered run injects it at a random moment and leaves it on for lastsMs.
  fault: (stage, holder) => cut(stage.link(holder, 'rabbitmq')),
  lastsMs: 200,
  // While the wire is held: inject, let go, wait for a named event, heal.
  strike: async (stage, { key, holder, other, hold }) => {
    const partition = cut(stage.link(holder, 'rabbitmq'));
    await stage.inject(partition);
    hold.release();
    await stage.seen(
      `${other} settles ${key}`,
      ({ link, means, passage, keys }) =>
        link === `${other}>rabbitmq` &&
        means === 'settle' &&
        passage === 'crossed' &&
        keys?.includes(key) === true,
    );
    await stage.heal(partition);
  },
};

export default defineFailureMode({
  id: 'FM_000_template',
  title: 'What happens, in five words',
  summary: 'What happens and why, in one sentence.',
  breaks: 'INV_001',
  judged: ['INV_001', 'INV_004', 'INV_005', 'INV_006', 'INV_011', 'INV_012', 'INV_014'],
  determinism: 'D1',
  experiments: {
    rabbitmq: {
      kind: 'strike',
      jobs: 12,
      livenessLimitMs: 10_000,
      faults: { 'ack-lost': ackLost },
      reproduce: { fault: 'ack-lost', violates: ['INV_001'] },
      placebos: [
        {
          name: 'memory-set',
          guard: 'memory-set',
          fault: 'ack-lost',
          violates: ['INV_001'],
          because:
            'the set of seen keys lives in one process, and the other one gets the redelivery',
        },
      ],
      guard: 'atomic-claim',
      prevent: [
        {
          fault: 'ack-lost',
          guardMustAct: true,
          because: 'the second delivery finds the claim and is acknowledged without an effect',
        },
      ],
      mutants: [],
    },
  },
});
