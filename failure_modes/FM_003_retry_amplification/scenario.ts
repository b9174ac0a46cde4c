/**
 * FM_003: clients that try again keep a queue so long that every answer comes too late, long after the trigger is gone.
 *
 *   client --request--> queue --> server        µ = 100/s, λ = 60/s, an attempt waits T = 500 ms, four attempts a job
 *
 * a stall of a second and a half leaves a backlog of µT and more; from then on each request is answered after its caller has
 * given it up and sent another one. λ is below µ all the time: what keeps the server busy is work nobody waits for.
 * Collapse can last where ρ · A_max > 1, and here 0.6 · 4 = 2.4.
 */
import { plainLoad } from '@lab/contract';
import { defineFailureMode, type LoadExperiment } from '@lab/harness';

const rabbitmq: LoadExperiment = {
  kind: 'load',
  setting: {
    topology: 'rpc',
    slots: 4,
    serviceMs: 40,
    capacityPerS: 100,
    offeredPerS: 60,
    timeoutMs: 500,
    attempts: 4,
    clients: 5,
    warmUpMs: 3000,
    triggerMs: 1500,
    observeMs: 8500,
    ...plainLoad,
    watchLimitMs: 90_000,
  },
  faults: {
    stall: {
      trigger: 'stall',
      point: 'the server process stands still (SIGSTOP) for 1.5 s while jobs keep coming',
    },
    blackhole: {
      trigger: 'blackhole',
      point: 'every byte between server and broker is dropped for 1.5 s, connections stay open',
    },
  },
  reproduce: { policy: 'immediate', fault: 'stall', violates: ['INV_009', 'INV_011'] },
  controls: [
    {
      policy: 'none',
      fault: 'stall',
      because:
        'without retries the backlog is all there is, and the server is faster than what comes',
    },
  ],
  placebos: [
    {
      name: 'full-jitter',
      policy: 'full-jitter',
      fault: 'stall',
      violates: ['INV_009', 'INV_011'],
      because:
        'waiting before a retry spreads the same four attempts a job, it does not make them fewer',
    },
    {
      name: 'per-message-ttl',
      policy: 'per-message-ttl',
      fault: 'stall',
      violates: ['INV_009', 'INV_011'],
      because:
        'first in, first out: what just survives its TTL is served too late to be answered in time',
      // Its queue cannot grow. How soon it is plain that it does not fall hangs on how far it stands above mu T.
      change: { offeredPerS: 70 },
    },
    {
      name: 'more-attempts',
      policy: 'immediate',
      fault: 'stall',
      violates: ['INV_009', 'INV_011'],
      because: 'every further attempt is sent into the queue that made the first one late',
      change: { attempts: 8 },
    },
  ],
  prevent: [
    {
      policy: 'token-bucket',
      fault: 'stall',
      guardMustAct: true,
      because:
        'retries are paid for by successes: a tenth of a retry each, so A_max is 1.1 and 0.6 · 1.1 < 1',
    },
    {
      policy: 'token-bucket',
      fault: 'blackhole',
      guardMustAct: true,
      because: 'the budget does not ask why an attempt was not answered',
    },
    {
      policy: 'bounded-queue-reject',
      fault: 'stall',
      guardMustAct: true,
      because: 'with at most µT waiting, whatever the queue takes is answered in time',
    },
    {
      policy: 'bounded-queue-reject',
      fault: 'blackhole',
      guardMustAct: true,
      because: 'the bound is at the broker and holds whoever is cut off',
    },
  ],
  mutants: [
    {
      name: 'bucket-per-job',
      policy: 'token-bucket',
      fault: 'stall',
      violates: ['INV_009', 'INV_011'],
      because: 'a bucket that begins full for each job is never empty: it pays for every retry',
      // More callers than jobs: no job finds a bucket that another one has used.
      change: { clients: 1000 },
    },
    {
      name: 'bound-of-ten-timeouts',
      policy: 'bounded-queue-reject',
      fault: 'stall',
      violates: ['INV_011'],
      because:
        'K is ten times µT: a full queue answers after five seconds, when nobody waits any more',
      change: { queueBound: 500 },
    },
  ],
  recover: { observeMs: 18_500 },
  livenessLimitMs: 7000,
  workLimit: 2.5,
};

export default defineFailureMode({
  id: 'FM_003_retry_amplification',
  title: 'Retry amplification: a storm that outlives its cause',
  summary:
    'Clients that try again keep the queue longer than they wait, and stay so after the trigger is gone.',
  breaks: 'INV_011',
  judged: ['INV_004', 'INV_009', 'INV_011'],
  determinism: 'D0',
  experiments: { rabbitmq },
});
