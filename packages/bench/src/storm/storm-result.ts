/** A run of the storm benchmark as the one document that tables, pages and comparisons are made from. */
import type { LoadSetting } from '@lab/contract';
import type { describeLaboratory } from '@lab/harness';
import { policies as knownPolicies } from '@lab/retry';
import type { Calibration, StormCell, StormResult } from '@lab/storm';

import type { describeMachine } from './machine.ts';
import { nominalPerS, settingOf } from './planned-load.ts';
import type { RequestedPlan } from './profile.ts';
import type { StormRun } from './run-storm.ts';

export interface ResultParts {
  readonly command: string;
  readonly profile: string;
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly sideBySide: number;
  readonly plan: RequestedPlan;
  readonly run: StormRun;
  readonly laboratory: ReturnType<typeof describeLaboratory>;
  /** Taken before the first load, so that the benchmark's own load is not in it. */
  readonly machine: ReturnType<typeof describeMachine>;
}

export function resultOf(parts: ResultParts): StormResult {
  const { run, plan, laboratory } = parts;
  return {
    schema: 'storm-result/2',
    command: parts.command,
    profile: parts.profile,
    startedAt: parts.startedAt.toISOString(),
    tookMs: Math.round(parts.tookMs),
    commit: laboratory.commit,
    machine: parts.machine,
    versions: laboratory.versions,
    runtime: laboratory.runtime,
    conditions: conditionsOf(laboratory.faultsBy, run.cells, plan),
    seeds: [...plan.seeds],
    sideBySide: parts.sideBySide,
    calibrations: [...run.calibrations],
    policies: policiesOf(plan, run.calibrations),
    cells: [...run.cells],
    interrupted: run.stopped !== null,
    planned: plan.cells.length,
  };
}

/** What every table must say of how it was measured. */
function conditionsOf(
  faultsBy: string,
  cells: readonly StormCell[],
  { leftOut }: RequestedPlan,
): Record<string, string> {
  const transports = new Set(cells.map(({ setting }) => setting.transport));
  return {
    arrivals: 'open loop, Poisson, absolute schedule, latency from the intended time',
    'request queue': 'RabbitMQ classic, not durable, transient messages',
    ...(transports.has('bullmq') ? { 'job queue': 'BullMQ' } : {}),
    'publisher confirms': 'on',
    replies: 'direct reply-to',
    'server prefetch': 'slots and a few',
    sockets: 'noDelay',
    work: 'sleep, exponential; abandoned attempts are worked on like any other',
    'faults by': faultsBy,
    ...(leftOut.length === 0 ? {} : { 'left out': leftOut.join('; ') }),
  };
}

/** Every policy of the plan with the numbers it ran with, at the plan's usual setting. */
function policiesOf(
  { cells }: RequestedPlan,
  calibrations: readonly Calibration[],
): StormResult['policies'] {
  const used = new Map<string, LoadSetting>();
  for (const { load } of cells) {
    if (used.has(load.policy)) continue;
    const calibration = calibrations.find(
      ({ topology, transport, serviceMs }) =>
        topology === load.topology && transport === load.transport && serviceMs === load.serviceMs,
    );
    const capacityPerS = calibration?.capacityPerS ?? nominalPerS(load);
    used.set(load.policy, settingOf(load, capacityPerS));
  }
  return knownPolicies.flatMap((policy) => {
    const setting = used.get(policy.name);
    if (setting === undefined) return [];
    const { aMax, beta, reserve, parameters } = policy.facts(setting);
    const { name, title, family, summary, source } = policy;
    return [
      {
        name,
        title,
        family,
        summary,
        source,
        aMax,
        beta,
        reserve,
        rhoStar: 1 / aMax,
        parameters: { ...parameters },
      },
    ];
  });
}
