/** The groups of topologies in which kinds of policies mean something. */
import type { LoadTopology } from '@lab/contract';

/** How many attempts a job has is a question everywhere. */
export const everywhere: readonly LoadTopology[] = [
  'rpc',
  'in-slot',
  're-enqueue',
  'lease',
  'layers',
];

/** A lease that ends asks nobody when, or whether, to run the job again. */
export const whereCallersRetry: readonly LoadTopology[] = [
  'rpc',
  'in-slot',
  're-enqueue',
  'layers',
];

/** One request queue with one server behind it. */
export const whereOneQueueServes: readonly LoadTopology[] = ['rpc', 'in-slot', 're-enqueue'];

export const wherePoolsWork: readonly LoadTopology[] = ['in-slot', 're-enqueue', 'lease'];
