/**
 * From what was asked for to a list of studies: profiles are lists, and every choice on the command line narrows one.
 * Words that contradict each other are refused here, before anything is started, each with what would do instead.
 */
import { topologies, type LoadTopology, type LoadTrigger, type Transport } from '@lab/contract';
import { policies as knownPolicies, type Policy } from '@lab/retry';
import { studies as knownStudies, type Study } from '@lab/storm';

import { assemble, type BlockDraft, type Plan } from './plan.ts';
import {
  demoTimes,
  fastTimes,
  fullTimes,
  sweepTimes,
  hasPool,
  plannedLoad,
  settingOf,
  type Times,
} from './planned-load.ts';
import {
  boundStudy,
  costStudy,
  criticalStudy,
  latencyStudy,
  layersStudy,
  mapStudy,
  policiesStudy,
  poolStudy,
  rampStudy,
  triggersStudy,
  type StudyBase,
} from './studies.ts';

export const profiles = ['demo', 'fast', 'full'] as const;
export type Profile = (typeof profiles)[number];

export const sweepAxes = ['rho', 'D', 'K', 'W'] as const;
export type SweepAxis = (typeof sweepAxes)[number];

/** What was asked for. Absent: what the profile has. */
export interface StormRequest {
  readonly profile: Profile;
  readonly policies?: readonly string[];
  readonly studies?: readonly Study[];
  readonly topology?: LoadTopology;
  readonly transport?: Transport;
  readonly trigger?: LoadTrigger;
  /** How many seeds, counted from `seed`. */
  readonly seeds?: number;
  readonly seed?: number;
  readonly rho?: number;
  /** D, ms. */
  readonly triggerMs?: number;
  readonly attempts?: number;
  readonly sweep?: readonly SweepAxis[];
  /** False where this run did not start the brokers itself: then nothing may kill them. */
  readonly mayRestart: boolean;
}

/** The request cannot be planned: the message says what, why and what would do instead. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
}

export interface RequestedPlan extends Plan {
  readonly seeds: readonly number[];
  /** What the profile has and this run leaves out, each with its reason. */
  readonly leftOut: readonly string[];
}

/** @throws PlanError */
export function planStorm(request: StormRequest): RequestedPlan {
  refuseContradictions(request);
  const leftOut: string[] = [];
  const seeds = seedsOf(request);
  const drafts = draftsOf(request, baseOf(request, seeds), leftOut);
  return { ...assemble(drafts), seeds, leftOut };
}

const seedsByProfile: Record<Profile, number> = { demo: 1, fast: 5, full: 6 };
const timesByProfile: Record<Profile, Times> = {
  demo: demoTimes,
  fast: fastTimes,
  full: fullTimes,
};

function seedsOf({ profile, seeds, seed = 1 }: StormRequest): number[] {
  return Array.from({ length: seeds ?? seedsByProfile[profile] }, (_, n) => seed + n);
}

function baseOf(request: StormRequest, seeds: readonly number[]): StudyBase {
  const topology = request.topology ?? topologyFor(request);
  return {
    seeds,
    times: timesByProfile[request.profile],
    topology,
    transport: request.transport ?? 'rabbitmq',
    trigger: request.trigger ?? (topology === 'layers' ? 'outage' : 'stall'),
    rho: request.rho ?? 0.7,
    attempts: request.attempts ?? 4,
    triggerMs: request.triggerMs ?? null,
  };
}

/** BullMQ and a pool's size have no meaning without a pool. */
function topologyFor({ transport, sweep = [] }: StormRequest): LoadTopology {
  return transport === 'bullmq' || sweep.includes('W') ? 're-enqueue' : 'rpc';
}

function draftsOf(request: StormRequest, base: StudyBase, leftOut: string[]): BlockDraft[] {
  const { profile, sweep, studies, topology } = request;
  if (sweep !== undefined) return sweepDrafts(request, base, sweep);
  if (profile === 'demo') return policiesStudy(base, demoPolicies(request));
  if (studies !== undefined)
    return studies.flatMap((study) => draft(study, request, base, leftOut));
  const narrowed =
    topology !== undefined || request.trigger !== undefined || request.transport !== undefined;
  if (topology === 'layers') return draft('layers', request, base, leftOut);
  if (profile === 'fast' || narrowed) return draft('policies', request, base, leftOut);
  return knownStudies.flatMap((study) => draft(study, request, base, leftOut));
}

function demoPolicies({ policies }: StormRequest): string[] {
  const shown = policies ?? ['immediate', 'token-bucket'];
  return [...new Set(['none', ...shown])];
}

/** In parts of mu T. */
const edgeOfOne = [0.6, 0.8, 0.9, 1, 1.1, 1.2, 1.5];
/** Where the queue passes T: with D / T around 1.4 half the seeds stick. */
const triggersOverT = [0.5, 1, 1.5, 2, 4];
const rhos = [0.15, 0.25, 0.4, 0.7, 0.85];

function sweepDrafts(
  request: StormRequest,
  base: StudyBase,
  axes: readonly SweepAxis[],
): BlockDraft[] {
  const named = request.policies;
  if (axes.includes('K')) return boundStudy(base, named ?? boundingPolicies(), edgeOfOne);
  if (axes.includes('W')) return poolStudy(base, named ?? ['immediate'], edgeOfOne);
  const { timeoutMs, triggerMs } = base.times;
  return mapStudy(base, {
    policies: named ?? ['immediate'],
    rhos: axes.includes('rho') ? rhosAround(request, base) : [base.rho],
    triggersOverT: axes.includes('D')
      ? triggersOverT
      : [(request.triggerMs ?? triggerMs) / timeoutMs],
  });
}

/** A sweep of rho alone asks where it tips, so it is fine around 1 / n; with D it is a map. */
function rhosAround({ sweep = [] }: StormRequest, { attempts }: StudyBase): readonly number[] {
  return sweep.includes('D') ? rhos : criticalRhos(attempts);
}

/** Five steps of 0.05 about 1 / n. */
function criticalRhos(attempts: number): number[] {
  const nearest = Math.round(20 / attempts);
  return [-2, -1, 0, 1, 2].map((step) => (nearest + step) / 20).filter((rho) => rho > 0 && rho < 1);
}

function draft(
  study: Study,
  request: StormRequest,
  base: StudyBase,
  leftOut: string[],
): BlockDraft[] {
  const swept = { ...base, times: base.times === fullTimes ? sweepTimes : base.times };
  const several = { ...swept, seeds: base.seeds.slice(0, 2) };
  const one = { ...swept, seeds: base.seeds.slice(0, 1) };
  const named = (fallback: readonly string[]): readonly string[] => request.policies ?? fallback;
  switch (study) {
    case 'policies':
      return isWide(request)
        ? base.seeds.flatMap((seed) =>
            policiesStudy(
              { ...base, seeds: [seed] },
              several.seeds.includes(seed) ? policiesFor(base) : commonPolicies,
            ),
          )
        : policiesStudy(base, named(policiesFor(base)));
    case 'map':
      return [
        ...mapStudy(one, { policies: named(['immediate']), rhos, triggersOverT }),
        ...[2, 3, 4].flatMap((n) => criticalStudy(several, n, criticalRhos(n))),
      ];
    case 'bound':
      return boundStudy(several, named(boundingPolicies()), edgeOfOne);
    case 'pool':
      return [
        ...poolStudy({ ...several, topology: 're-enqueue' }, named(['immediate']), edgeOfOne),
        ...poolStudy(
          { ...one, topology: 'in-slot' },
          named(['immediate', 'in-slot-jitter']),
          [0.8, 1, 1.3, 1.6, 2],
        ),
      ];
    case 'ramp':
      return rampStudy(one, named(representatives));
    case 'cost':
      return costStudy(one, named(costPolicies), [0.01, 0.05, 0.1, 0.2, 0.5]);
    case 'latency':
      return latencyStudy(one, named(['immediate']));
    case 'layers':
      return [...layersStudy(one, [1, 2, 3]), ...layersStudy(one, [5])];
    case 'triggers':
      return [
        ...triggersStudy(one, named(representatives), ['stall', 'blackhole', 'latency', 'spike']),
        ...restartBlocks(one, request, leftOut),
      ];
  }
}

/** What most clients do, and what the best known of them were given against it: on every seed; the others on two. */
const commonPolicies = [
  'none',
  'immediate',
  'fixed',
  'exponential',
  'full-jitter',
  'decorrelated-jitter',
  'token-bucket',
  'sre-budget',
  'finagle',
  'grpc',
  'aws-legacy',
  'aws-2026',
  'circuit-breaker',
  'deadline-ttl',
  'bounded-queue-reject',
  'bounded-queue-drop-head',
];

/** Those that differ where nothing is overloaded. */
const costPolicies = ['immediate', 'token-bucket', 'finagle', 'aws-2026', 'circuit-breaker'];

/** Nothing was narrowed: the whole of `full`. */
function isWide({ profile, policies, topology, trigger, transport }: StormRequest): boolean {
  return (
    profile === 'full' &&
    [policies, topology, trigger, transport].every((word) => word === undefined)
  );
}

/** One for each way to act: try at once, a budget, a short queue. */
const representatives = ['immediate', 'token-bucket', 'bounded-queue-reject'];

function restartBlocks(base: StudyBase, request: StormRequest, leftOut: string[]): BlockDraft[] {
  if (!request.mayRestart) {
    leftOut.push(
      'trigger restart: it kills RabbitMQ, and these brokers were not started by this run; ' +
        'after `pnpm fm down`, --runtime local or containers starts its own',
    );
    return [];
  }
  return triggersStudy(base, request.policies ?? ['immediate'], ['restart']);
}

function policiesFor({ topology, transport }: Pick<StudyBase, 'topology' | 'transport'>): string[] {
  return knownPolicies
    .filter((policy) => runsOn(policy, topology, transport))
    .map(({ name }) => name);
}

function runsOn(policy: Policy, topology: LoadTopology, transport: Transport): boolean {
  return (
    policy.topologies.includes(topology) &&
    (transport === 'rabbitmq' || topology === 'lease' || policy.bullmq !== undefined)
  );
}

function boundingPolicies(): string[] {
  return knownPolicies.filter(boundsQueue).map(({ name }) => name);
}

/** Whether the policy takes K from the setting: it declares the queue with a greatest length. */
function boundsQueue(policy: Policy): boolean {
  const anySetting = settingOf(plannedLoad(fastTimes), 1000);
  return policy.topologies.includes('rpc') && policy.queue?.(anySetting).maxLength !== undefined;
}

function refuseContradictions(request: StormRequest): void {
  const { profile, sweep = [], studies, topology, transport, trigger, policies = [] } = request;
  if (profile === 'demo' && (sweep.length > 0 || studies !== undefined)) {
    throw new PlanError(
      '--profile demo shows policies side by side and sweeps nothing; take --profile fast',
    );
  }
  if (sweep.length > 0 && studies !== undefined) {
    throw new PlanError('--sweep is a study of its own; give --sweep or --studies');
  }
  const bad = [
    ['K', 'W'],
    ['K', 'rho'],
    ['K', 'D'],
    ['W', 'rho'],
    ['W', 'D'],
  ] as const;
  for (const [one, other] of bad) {
    if (sweep.includes(one) && sweep.includes(other)) {
      throw new PlanError(`--sweep ${one} runs by itself; only rho and D make a map together`);
    }
  }
  refuseTopology(request);
  if (trigger === 'restart' && !request.mayRestart) {
    throw new PlanError(
      '--trigger restart kills RabbitMQ, which is only done to brokers that this run starts: ' +
        'give --runtime local or containers (after `pnpm fm down` where brokers are warm)',
    );
  }
  if (trigger === 'outage' && topology !== 'layers') {
    throw new PlanError(
      '--trigger outage is the store behind the last hop; it goes with --topology layers',
    );
  }
  if (
    topology === 'layers' &&
    trigger !== undefined &&
    trigger !== 'outage' &&
    trigger !== 'none'
  ) {
    throw new PlanError(
      `--topology layers counts attempts while the store is out: --trigger outage, not ${trigger}`,
    );
  }
  const unbounded = policies.find(
    (name) => !knownPolicies.some((policy) => policy.name === name && boundsQueue(policy)),
  );
  if (sweep.includes('K') && unbounded !== undefined) {
    throw new PlanError(
      `--sweep K varies the bound of a queue and policy ${unbounded} has none; take --policies ${boundingPolicies().join(',')}`,
    );
  }
  const where = topology ?? topologyFor(request);
  for (const name of policies) refusePolicy(name, where, transport ?? 'rabbitmq');
}

function refuseTopology({ topology, transport, sweep = [] }: StormRequest): void {
  const pools = topologies.filter(hasPool).join(', ');
  if (topology !== undefined && transport === 'bullmq' && !hasPool(topology)) {
    throw new PlanError(
      `--transport bullmq is a job queue and ${topology} has none; take --topology ${pools}`,
    );
  }
  if (topology !== undefined && sweep.includes('W') && !hasPool(topology)) {
    throw new PlanError(
      `--sweep W varies the pool and ${topology} has none; take --topology ${pools}`,
    );
  }
  if (sweep.includes('K') && topology !== undefined && topology !== 'rpc') {
    throw new PlanError(
      `--sweep K varies the bound of the request queue of rpc, not of ${topology}`,
    );
  }
}

function refusePolicy(name: string, topology: LoadTopology, transport: Transport): void {
  const policy = knownPolicies.find((known) => known.name === name);
  if (policy === undefined) {
    throw new PlanError(
      `no policy is named "${name}"; there are: ${knownPolicies.map((known) => known.name).join(', ')}`,
    );
  }
  if (name !== 'none' && !runsOn(policy, topology, transport)) {
    const where = policy.topologies.join(', ');
    throw new PlanError(
      `policy ${name} means nothing in topology ${topology} on ${transport}; it acts in: ${where}` +
        (policy.bullmq === undefined ? ', on rabbitmq' : ''),
    );
  }
}
