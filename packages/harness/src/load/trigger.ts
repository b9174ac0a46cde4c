/** The fault that a load's trigger is. All but the spike are the verbs that every other cell has. */
import { restart } from '@lab/brokers';
import { monotonicMs, until, type Fault, type LoadSetting } from '@lab/contract';
import { blackhole, cut, latency, pause } from '@lab/network';
import { offeredAt } from '@lab/workload';

import type { LoadScene } from './load-scene.ts';

/**
 * @param startedAt the load's zero on the machine's monotonic clock, ms
 * @returns null when the load has no trigger
 * @throws EnvironmentError for `restart` on brokers that this run did not start
 */
export function triggerOf(scene: LoadScene, startedAt: number): Fault | null {
  const { setting, lab } = scene;
  switch (setting.trigger) {
    case 'none':
      return null;
    case 'stall':
      return pause(scene.process('server'));
    case 'blackhole':
      return blackhole(scene.link('server>rabbitmq'));
    case 'latency':
      return latency(scene.link('server>rabbitmq'), {
        latencyMs: Math.max(1, Math.round(setting.addedLatencyMs)),
      });
    case 'spike':
      return spike(setting, startedAt);
    case 'restart':
      return restart(lab.brokers, 'rabbitmq');
    case 'outage':
      return cut(scene.link('server>redis'));
  }
}

/** @throws RangeError when the topology has nothing that this trigger could be done to */
export function expectTriggerFits({ trigger, topology }: LoadSetting): void {
  if (trigger === 'outage' && topology !== 'layers') {
    throw new RangeError(
      `trigger "outage" cuts the last hop's store; ${topology} has none, use topology layers`,
    );
  }
}

/** The jobs of a spike are in the schedule already. Injecting it waits until they are due, healing until they were. */
function spike(setting: LoadSetting, startedAt: number): Fault {
  const { warmUpMs, triggerMs, offeredPerS, spikeFactor } = setting;
  const rate = (): number => offeredAt(setting, monotonicMs() - startedAt);
  const ends = startedAt + warmUpMs + triggerMs;
  const untilRateIs = (wanted: number, limitMs: number): Promise<true> =>
    until(
      `the schedule offers ${wanted} jobs a second`,
      () => (rate() === wanted ? { met: true } : { missing: `${rate()} jobs a second` }),
      { limitMs, everyMs: 2 },
    );
  return {
    verb: 'spike',
    target: 'client',
    label: `spike ${spikeFactor} x ${offeredPerS}/s`,
    async inject() {
      await untilRateIs(offeredPerS * spikeFactor, 1000);
      return `the schedule offers ${rate()} jobs a second`;
    },
    async heal() {
      await untilRateIs(offeredPerS, Math.max(0, ends - monotonicMs()) + 1000);
    },
    isHealed: () => Promise.resolve(rate() === offeredPerS),
  };
}
