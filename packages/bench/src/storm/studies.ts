/**
 * The questions of the benchmark, each as the blocks of cells that answer it. A study decides what is varied; what is
 * common to its cells comes with it. Every block ends up with its two controls: see `block`.
 */
import type { LoadTopology, LoadTrigger, Transport } from '@lab/contract';
import type { Study } from '@lab/storm';

import type { BlockDraft, CellDraft } from './plan.ts';
import { plannedLoad, type PlannedLoad, type Times } from './planned-load.ts';

/** What all cells of a study have in common unless the study varies it. */
export interface StudyBase {
  readonly times: Times;
  readonly seeds: readonly number[];
  readonly topology: LoadTopology;
  readonly transport: Transport;
  readonly trigger: LoadTrigger;
  readonly rho: number;
  readonly attempts: number;
  /** D, ms; null: what the study usually has. */
  readonly triggerMs: number | null;
}

/** Every policy under the same trouble. */
export function policiesStudy(base: StudyBase, policies: readonly string[]): BlockDraft[] {
  const { topology, transport } = base;
  const where = topology === 'rpc' ? '' : `${topology} ${transport} `;
  return base.seeds.map((seed) =>
    block(
      'policies',
      seed,
      usual(base),
      policies.map((policy) => subject(`${where}${policy}`, usual(base, { policy }))),
      where,
    ),
  );
}

export interface MapAxes {
  readonly policies: readonly string[];
  readonly rhos: readonly number[];
  /** D in parts of T. */
  readonly triggersOverT: readonly number[];
}

/** rho x D: where the collapse stays. */
export function mapStudy(base: StudyBase, axes: MapAxes): BlockDraft[] {
  return base.seeds.map((seed) =>
    block(
      'map',
      seed,
      usual(base),
      axes.policies.flatMap((policy) =>
        axes.rhos.flatMap((rho) =>
          axes.triggersOverT.map((parts) => {
            const triggerMs = parts * base.times.timeoutMs;
            return subject(
              `${policy} rho${rho.toFixed(2)} D${parts}T`,
              usual(base, { policy, rho, triggerMs }),
            );
          }),
        ),
      ),
    ),
  );
}

/** The same as a map of one D: rho in steps around 1 / n, to find where it tips. Its watch is doubled: near the edge queues drain slowly. */
export function criticalStudy(
  base: StudyBase,
  attempts: number,
  rhos: readonly number[],
): BlockDraft[] {
  const changes = {
    attempts,
    triggerMs: 4 * base.times.timeoutMs,
    observeMs: 2 * base.times.observeMs,
  };
  const policy = 'immediate';
  return base.seeds.map((seed) =>
    block(
      'map',
      seed,
      usual(base, changes),
      rhos.map((rho) =>
        subject(
          `${policy} n${attempts} rho${rho.toFixed(2)}`,
          usual(base, { ...changes, policy, rho }),
        ),
      ),
      `n${attempts} `,
    ),
  );
}

/** K / mu T: how short a queue has to be. */
export function boundStudy(
  base: StudyBase,
  policies: readonly string[],
  bounds: readonly number[],
): BlockDraft[] {
  return base.seeds.map((seed) =>
    block(
      'bound',
      seed,
      usual(base),
      policies.flatMap((policy) =>
        bounds.map((boundOverMuT) =>
          subject(
            `${policy} K${boundOverMuT.toFixed(2)}muT`,
            usual(base, { policy, boundOverMuT }),
          ),
        ),
      ),
    ),
  );
}

/** W / mu T: how small a pool has to be. Its controls have the largest pool. */
export function poolStudy(
  base: StudyBase,
  policies: readonly string[],
  pools: readonly number[],
): BlockDraft[] {
  const largest = { poolOverMuT: Math.max(...pools) };
  return base.seeds.map((seed) =>
    block(
      'pool',
      seed,
      usual(base, largest),
      policies.flatMap((policy) =>
        pools.map((poolOverMuT) =>
          subject(
            `${base.topology} ${policy} W${poolOverMuT.toFixed(2)}muT`,
            usual(base, { policy, poolOverMuT }),
          ),
        ),
      ),
      `${base.topology} `,
    ),
  );
}

/** Up to 1.3 mu and down again without any other trouble: both branches of the hysteresis. */
export function rampStudy(base: StudyBase, policies: readonly string[]): BlockDraft[] {
  const ramp: [number, number] = [0.1, 1.3];
  const changes = {
    trigger: 'none' as const,
    triggerMs: 0,
    warmUpMs: 12 * base.times.timeoutMs, // the foot of the ramp is its baseline
    observeMs: 168 * base.times.timeoutMs,
    watchLimitMs: null, // the ramp is the watch
    ramp,
  };
  return base.seeds.map((seed) =>
    untroubled(
      'ramp',
      seed,
      withNone(policies).map((policy) =>
        subject(policy, plannedLoad(base.times, { ...common(base), ...changes, policy })),
      ),
    ),
  );
}

/** Requests fail by themselves, independently, without overload: what a policy costs and what it saves. */
export function costStudy(
  base: StudyBase,
  policies: readonly string[],
  failureRates: readonly number[],
): BlockDraft[] {
  const { times } = base;
  const changes = {
    trigger: 'none' as const,
    triggerMs: 0,
    warmUpMs: 6 * times.timeoutMs,
    observeMs: 36 * times.timeoutMs,
    watchLimitMs: null,
    rho: 0.3,
  };
  return base.seeds.map((seed) =>
    untroubled(
      'cost',
      seed,
      withNone(policies).flatMap((policy) =>
        failureRates.map((failureRate) =>
          subject(
            `${policy} ${100 * failureRate}percent`,
            plannedLoad(times, { ...common(base), ...changes, policy, failureRate }),
          ),
        ),
      ),
    ),
  );
}

/** The same trouble seen by an open loop and by callers who wait their turn. */
export function latencyStudy(base: StudyBase, policies: readonly string[]): BlockDraft[] {
  return base.seeds.map((seed) =>
    block(
      'latency',
      seed,
      usual(base),
      withNone(policies).flatMap((policy) => {
        const open = usual(base, { policy });
        return [
          subject(policy, open),
          subject(`${policy} closed`, { ...open, closedCallers: open.slots, watchLimitMs: null }),
        ];
      }),
    ),
  );
}

/**
 * Hops in a row, each of which tries `attempts` times, before a store that fails: how many attempts reach the last one.
 * The offered load is so small that nothing is overloaded even at its full multiple, and the outage so long that
 * the jobs caught at its two ends do not weigh.
 */
export function layersStudy(base: StudyBase, hops: readonly number[]): BlockDraft[] {
  return base.seeds.map((seed) => {
    const cells = hops.flatMap((count): CellDraft[] => [
      subject(`${count} hops`, layered(base, count, 'immediate')),
    ]);
    const deepest = Math.max(...hops);
    const none = layered(base, deepest, 'none');
    return {
      study: 'layers',
      seed,
      cells: [
        ...cells,
        { name: `none ${deepest} hops`, role: 'no-retry', load: none },
        {
          name: `untroubled ${deepest} hops`,
          role: 'null-trigger',
          load: { ...layered(base, deepest, 'immediate'), trigger: 'none' },
        },
      ],
    };
  });
}

/**
 * Every hop waits as long as every other, so T is longer than a job takes with all its attempts; a window is two of
 * them, and the outage many windows.
 */
function layered(base: StudyBase, hops: number, policy: string): PlannedLoad {
  const attempts = 3;
  const deep = hops >= 4;
  const timeoutMs = deep ? 2000 : 1000;
  return plannedLoad(
    {
      timeoutMs,
      serviceMs: base.times.serviceMs,
      warmUpMs: 4 * timeoutMs,
      triggerMs: (deep ? 30 : 20) * timeoutMs,
      observeMs: 10 * timeoutMs,
      watchLimitMs: null,
    },
    {
      topology: 'layers',
      policy,
      hops,
      attempts,
      trigger: 'outage',
      rho: Math.min(0.1, 0.5 / attempts ** hops),
    },
  );
}

/** The same policies under each trigger. One that strikes the broker itself runs alone. */
export function triggersStudy(
  base: StudyBase,
  policies: readonly string[],
  triggers: readonly LoadTrigger[],
): BlockDraft[] {
  return triggers.flatMap((trigger) =>
    base.seeds.map((seed) =>
      block(
        'triggers',
        seed,
        usual({ ...base, trigger }),
        policies.map((policy) =>
          subject(`${policy} ${trigger}`, usual({ ...base, trigger }, { policy })),
        ),
        `${trigger} `,
      ),
    ),
  );
}

function common(base: StudyBase): Partial<PlannedLoad> {
  const { topology, transport, attempts, rho } = base;
  return { topology, transport, attempts, rho };
}

function usual(base: StudyBase, changes: Partial<PlannedLoad> = {}): PlannedLoad {
  const { times, trigger } = base;
  return plannedLoad(times, {
    ...common(base),
    trigger,
    triggerMs: base.triggerMs ?? times.triggerMs,
    ...changes,
  });
}

function subject(name: string, load: PlannedLoad): CellDraft {
  return { name, role: 'subject', load };
}

function withNone(policies: readonly string[]): string[] {
  return [...new Set(['none', ...policies])];
}

/** The cells, and the two controls in the block's usual load: no retry under the trigger, and a policy without one. */
function block(
  study: Study,
  seed: number,
  load: PlannedLoad,
  cells: readonly CellDraft[],
  prefix = '',
): BlockDraft {
  const worst = cells.find(({ load: { policy } }) => policy === 'immediate') ?? cells[0];
  const watched = worst?.load.policy ?? 'immediate';
  const isControl = (cell: CellDraft): boolean =>
    cell.load.policy === 'none' && cell.load.closedCallers === null && sameLoad(cell.load, load);
  const own = cells.find(isControl);
  return {
    study,
    seed,
    cells: [
      ...cells.filter((cell) => cell !== own),
      {
        name: own?.name ?? `${prefix}none`,
        role: 'no-retry',
        load: { ...load, policy: 'none' },
      },
      {
        name: `${prefix}${watched} untroubled`,
        role: 'null-trigger',
        load: { ...load, policy: watched, trigger: 'none' },
      },
    ],
  };
}

function sameLoad(one: PlannedLoad, other: PlannedLoad): boolean {
  return one.rho === other.rho && one.triggerMs === other.triggerMs;
}

/** A study without a trigger: its null trigger is every cell, its no-retry control is the policy `none`. */
function untroubled(study: Study, seed: number, cells: readonly CellDraft[]): BlockDraft {
  return { study, seed, cells };
}
