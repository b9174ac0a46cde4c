/**
 * Closed forms for a retry storm. They hold for a queue served first in, first out, for callers that give an attempt
 * up after T while its message stays and costs the server its work, and for a trigger that lasts long enough to push
 * the queue's wait past T (`startsCollapse`). Rates are a second, times ms, queues messages.
 *
 * Sources: critical utilisation and drain time follow from the fluid limit of a queue; the vulnerable state and what
 * sustains it are those of Bronson et al., "Metastable Failures in Distributed Systems" (HotOS 2021) and Huang et al.,
 * "Metastable Failures in the Wild" (OSDI 2022). The bounds of queue and pool are Little's law.
 */

/** mu and T. */
export interface Service {
  readonly capacityPerS: number;
  readonly timeoutMs: number;
}

/** mu T: as many requests as can be answered within one timeout. */
export function answeredInTime({ capacityPerS, timeoutMs }: Service): number {
  return (capacityPerS * timeoutMs) / 1000;
}

/** rho* = 1 / A_max: the utilisation above which a collapse can last. @param aMax attempts a job, sustained */
export function criticalUtilisation(aMax: number): number {
  return 1 / aMax;
}

/** rho A_max: attempts offered a second by those that can be served; a collapse can last where it is above 1. */
export function attemptedLoad(offeredPerS: number, capacityPerS: number, aMax: number): number {
  return (offeredPerS * aMax) / capacityPerS;
}

/**
 * Whether a backlog is one in which requests wait longer than their callers do, in parts of that edge: above 1 what is
 * served first after the trigger is served in vain. Little's law.
 * @param backlog messages when the server comes back
 */
export function startsCollapse(backlog: number, service: Service): number {
  return backlog / answeredInTime(service);
}

/**
 * K / mu T: a queue bound to K messages that refuses what is too much never holds more than K / mu of waiting, so above
 * 1 it can keep a collapse and below it cannot. Little's law. One that drops its oldest is shorter-lived under load,
 * its wait is K by the rate at which messages come; for it only the side below 1 is certain.
 */
export function queueBoundRatio(bound: number, service: Service): number {
  return bound / answeredInTime(service);
}

/**
 * Attempts a second that W slots make while every attempt times out.
 * @param heldMs how long an attempt holds its slot: T, and the wait for the next one where that is in the slot too
 */
export function poolAttemptsPerS(concurrency: number, heldMs: number): number {
  return (1000 * concurrency) / heldMs;
}

/**
 * W / (mu held): the pool keeps a collapse above 1 and cannot below. With nothing held but T this is W / mu T; jitter in
 * the slot moves the edge to 1 + its mean by T, jitter outside the slot moves nothing.
 */
export function poolRatio(concurrency: number, heldMs: number, capacityPerS: number): number {
  return poolAttemptsPerS(concurrency, heldMs) / capacityPerS;
}

/**
 * Attempts sent while the server answers nothing for `triggerMs`: every job sends its k-th attempt that many ms after
 * its first.
 */
export function sentDuring(
  triggerMs: number,
  offeredPerS: number,
  offsetsMs: readonly number[],
): number {
  return offsetsMs.reduce(
    (sum, offsetMs) => sum + (offeredPerS * Math.max(0, triggerMs - offsetMs)) / 1000,
    0,
  );
}

/**
 * Time from the trigger's end until the queue's wait is down to T and requests are answered in time again: the backlog
 * beyond mu T by the capacity that new attempts leave. Without retries it is (lambda D - mu T) / (mu - lambda).
 * @param backlog messages when the trigger ends
 * @param attemptsPerS new attempts a second while the backlog is worked off
 * @returns ms; infinite where new attempts leave no capacity
 */
export function drainTimeMs(backlog: number, attemptsPerS: number, service: Service): number {
  const beyond = backlog - answeredInTime(service);
  if (beyond <= 0) return 0;
  if (attemptsPerS >= service.capacityPerS) return Number.POSITIVE_INFINITY;
  return (1000 * beyond) / (service.capacityPerS - attemptsPerS);
}
