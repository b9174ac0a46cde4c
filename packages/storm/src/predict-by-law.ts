/**
 * Which closed form speaks for a cell, and what it says. Where none covers it (a server that is not first in, first
 * out; messages that expire; a trigger that leaves no backlog of a known size; requests that fail at random) there is
 * no verdict.
 */
import type { LoadSetting } from '@lab/contract';
import { policyNamed, type Policy, type PolicyFacts } from '@lab/retry';
import { leaseTermsOf } from '@lab/workload';

import { attemptOffsetsMs, attemptsOnceSpent } from './failing-callers.ts';
import {
  attemptedLoad,
  criticalUtilisation,
  drainTimeMs,
  poolAttemptsPerS,
  poolRatio,
  queueBoundRatio,
  sentDuring,
  startsCollapse,
} from './laws.ts';
import type { LawPrediction } from './result.ts';
import { concurrencyOf } from './simulate/pool.ts';

/** Everything the laws need to know of a cell. */
interface Known {
  readonly setting: LoadSetting;
  readonly policy: Policy;
  readonly facts: PolicyFacts;
  /** Attempts a job while nothing is answered in time, and the same by the second. */
  readonly aMax: number;
  readonly load: number;
}

type Said = Pick<LawPrediction, 'law' | 'verdict' | 'recoveryMs' | 'nearEdge'>;

/** @throws RangeError when the setting names no policy, or a pool without slots */
export function predictByLaw(setting: LoadSetting): LawPrediction {
  const policy = policyNamed(setting.policy);
  const facts = policy.facts(setting);
  const aMax = sustained(setting, policy, facts);
  const load = attemptedLoad(setting.offeredPerS, setting.capacityPerS, aMax);
  const known = { setting, policy, facts, aMax, load };
  const said = sayOf(known);
  return { aMax, rhoStar: criticalUtilisation(aMax), load, ...said };
}

function sayOf(known: Known): Said {
  const { setting, policy, load } = known;
  const { trigger, topology, failureRate, ramp, closedCallers } = setting;
  const rules = policy.queue?.(setting);
  const covered =
    topology !== 'layers' && failureRate === 0 && ramp === null && closedCallers === null;
  const fifo = policy.server === undefined && rules?.messageTtlMs === undefined;
  if (!covered || !fifo || policy.family === 'throttle') return nothing;
  if (trigger === 'none') return untriggered(setting);
  if (trigger !== 'stall' && trigger !== 'blackhole' && trigger !== 'spike') return nothing;
  if (rules?.maxLength !== undefined) return byQueueBound(known, rules.maxLength, rules.overflow);
  if (topology === 'lease') return byLease(known);
  if (topology !== 'rpc') return byPool(known);
  if (policy.family === 'breaker')
    return load < 1 ? { ...byLoad(known), recoveryMs: null } : nothing;
  return byUtilisation(known);
}

const nothing: Said = { law: 'none', verdict: null, recoveryMs: null, nearEdge: false };

/** Attempts a job: the policy's own bound, or what the pool's slots leave of it. */
function sustained(setting: LoadSetting, policy: Policy, facts: PolicyFacts): number {
  const { topology, offeredPerS, hops, timeoutMs } = setting;
  switch (topology) {
    case 'rpc':
      return facts.aMax;
    case 'layers':
      return facts.aMax ** hops;
    case 'lease':
      return Math.min(
        leaseTermsOf(setting).runs,
        poolAttemptsPerS(concurrencyOf(setting, policy), timeoutMs) / offeredPerS,
      );
    case 'in-slot':
    case 're-enqueue': {
      const perS = poolAttemptsPerS(concurrencyOf(setting, policy), heldMs(setting));
      return Math.min(facts.aMax, perS / offeredPerS);
    }
  }
}

/** How long an attempt that times out holds its slot, ms; a mean over a job's attempts. */
function heldMs(setting: LoadSetting): number {
  const { topology, timeoutMs } = setting;
  if (topology !== 'in-slot') return timeoutMs;
  const offsets = attemptOffsetsMs(setting);
  return ((offsets.at(-1) ?? 0) + timeoutMs) / offsets.length;
}

/** Nothing pushes it over: it is as it was, where it can be at all. */
function untriggered({ offeredPerS, capacityPerS }: LoadSetting): Said {
  const rho = offeredPerS / capacityPerS;
  return {
    law: 'critical utilisation',
    verdict: rho < 1 ? 'recovered' : 'stuck',
    recoveryMs: rho < 1 ? 0 : null,
    nearEdge: isNear(rho),
  };
}

/** The verdict that the load alone gives. */
function byLoad({ load }: Known): Said {
  return {
    law: 'critical utilisation',
    verdict: load > 1 ? 'stuck' : 'recovered',
    recoveryMs: null,
    nearEdge: isNear(load),
  };
}

function byUtilisation(known: Known): Said {
  const { setting, load } = known;
  const backlog = backlogOf(known);
  const collapse = startsCollapse(backlog.messages, setting);
  const atEdge = collapse > 0.8 && collapse < 1.25;
  if (collapse <= 1) {
    return { law: 'drain time', verdict: 'recovered', recoveryMs: 0, nearEdge: atEdge };
  }
  if (load > 1) return { ...byLoad(known), nearEdge: isNear(load) || atEdge };
  return {
    law: 'drain time',
    verdict: 'recovered',
    recoveryMs: finite(drainOf(known, backlog)),
    nearEdge: isNear(load) || atEdge,
  };
}

interface Backlog {
  /** When the trigger ends. */
  readonly messages: number;
  /** Retries that all callers together could still spend then; null where no budget counts them. */
  readonly reserve: number | null;
}

/** What is left when the trigger ends, where nothing but the policy bounds it. */
function backlogOf({ setting, facts }: Known): Backlog {
  const { clients, offeredPerS, capacityPerS, trigger, triggerMs, spikeFactor } = setting;
  const offersPerS = trigger === 'spike' ? spikeFactor * offeredPerS : offeredPerS;
  const served = trigger === 'spike' ? (capacityPerS * triggerMs) / 1000 : 0;
  const first = sentDuring(triggerMs, offersPerS, [0]);
  const wanted = sentDuring(triggerMs, offersPerS, attemptOffsetsMs(setting)) - first;
  if (facts.reserve === null) return { messages: first + wanted - served, reserve: null };
  const all = clients * facts.reserve;
  const spent = Math.min(all, wanted);
  return { messages: first + spent - served, reserve: all - spent };
}

/** A budget lets every attempt be made until its reserve is spent, and only then what is earned meanwhile. */
function drainOf({ setting, facts }: Known, { messages, reserve }: Backlog): number {
  const { offeredPerS } = setting;
  if (reserve === null) return drainTimeMs(messages, facts.aMax * offeredPerS, setting);
  const fullPerS = facts.attempts * offeredPerS;
  const spentPerS = attemptsOnceSpent(setting) * offeredPerS;
  const lastsMs = reserve === 0 ? 0 : (1000 * reserve) / Math.max(0, fullPerS - spentPerS);
  const inTime = drainTimeMs(messages, fullPerS, setting);
  if (inTime <= lastsMs) return inTime;
  const grown = messages + ((fullPerS - setting.capacityPerS) * lastsMs) / 1000;
  return lastsMs + drainTimeMs(grown, spentPerS, setting);
}

function byQueueBound(known: Known, bound: number, overflow: string | undefined): Said {
  const { setting, load } = known;
  const ratio = queueBoundRatio(bound, setting);
  const atEdge = ratio > 0.8 && ratio < 1.25;
  if (ratio <= 1)
    return { law: 'bounded queue', verdict: 'recovered', recoveryMs: 0, nearEdge: atEdge };
  if (overflow !== 'reject-publish') return { ...nothing, nearEdge: atEdge };
  return { ...byLoad(known), law: 'bounded queue', nearEdge: atEdge || isNear(load) };
}

/** The pool's slots bound what is attempted, and with it the load. */
function byPool(known: Known): Said {
  const { setting, policy, aMax, load } = known;
  const { capacityPerS, offeredPerS, trigger, triggerMs } = setting;
  if (trigger === 'spike' || policy.family === 'breaker' || policy.family === 'budget')
    return nothing;
  const ratio = poolRatio(concurrencyOf(setting, policy), heldMs(setting), capacityPerS);
  const nearEdge = isNear(load) || (ratio > 0.8 && ratio < 1.25);
  const said = { ...byLoad(known), law: 'worker pool', nearEdge };
  if (said.verdict === 'stuck') return said;
  const attemptsPerS = aMax * offeredPerS;
  const timeMs = drainTimeMs((attemptsPerS * triggerMs) / 1000, attemptsPerS, setting);
  return { ...said, recoveryMs: finite(timeMs) };
}

/** A slot waits for its answer, so there are never more than W requests: their wait is W / mu, whatever was before. */
function byLease(known: Known): Said {
  const { setting, policy } = known;
  const { capacityPerS, timeoutMs, offeredPerS } = setting;
  const ratio = poolRatio(concurrencyOf(setting, policy), timeoutMs, capacityPerS);
  const runsLoad = attemptedLoad(offeredPerS, capacityPerS, leaseTermsOf(setting).runs);
  const lasts = ratio > 1 && runsLoad > 1;
  return {
    law: 'worker pool',
    verdict: lasts ? 'stuck' : 'recovered',
    recoveryMs: ratio <= 1 ? 0 : null,
    nearEdge: isNear(runsLoad) || (ratio > 0.8 && ratio < 1.25),
  };
}

function finite(timeMs: number): number | null {
  return Number.isFinite(timeMs) ? timeMs : null;
}

function isNear(load: number): boolean {
  return Math.abs(load - 1) <= 0.1;
}
