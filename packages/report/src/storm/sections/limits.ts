/** What a result does not show, said by the result itself: what was not tried, how few seeds, on what machine. */
import { topologies, triggerKinds } from '@lab/contract';
import { wilson } from '@lab/statistics';
import { isCounted, type StormResult } from '@lab/storm';

import { count, listed } from '../../text.ts';
import { percent, topologyWords, triggerWords } from '../numbers.ts';

export function limitsOf(result: StormResult): string[] {
  const { cells, machine, sideBySide, versions, seeds } = result;
  const valid = cells.filter(isCounted);
  const triggers = triggerKinds.filter(
    (kind) => kind !== 'none' && !valid.some(({ setting }) => setting.trigger === kind),
  );
  const shapes = topologies.filter(
    (shape) => !valid.some(({ setting }) => setting.topology === shape),
  );
  const brokers = ['rabbitmq', 'redis', 'toxiproxy'].flatMap((name) => {
    const version = versions[name];
    return version === undefined ? [] : [`${name} ${version}`];
  });
  const n = seeds.length;
  return [
    `Seeds not tried. With ${count(n, 'seed')}, "never stuck" means that P(stuck) is at most ${percent(wilson(0, n).high)}, and "always stuck" that it is at least ${percent(wilson(n, n).low)}, at 95 %.`,
    `Other machines. Everything ran on ${count(machine.cores, 'core')}, ${sideBySide} cells side by side; absolute rates belong to this machine. What carries over are ratios: rho, D / T, K / mu T, W / mu T, attempts a job.`,
    'Work that uses a processor. A request costs the server time, not computation: service times are exponential sleeps, so that capacity is known. A server that also slows down under load collapses sooner.',
    'Failures that are not overload. A system can stay broken for other reasons than a queue of attempts that nobody waits for any more.',
    ...(brokers.length === 0
      ? []
      : [
          `Other versions. These are ${listed(brokers)}; queue limits, dead lettering and redelivery differ between versions.`,
        ]),
    ...(triggers.length === 0
      ? []
      : [`Triggers not tried here: ${listed(triggers.map((kind) => triggerWords[kind]))}.`]),
    ...(shapes.length === 0
      ? []
      : [
          `Topologies not tried here: ${listed(shapes.map((shape) => `${shape} (${topologyWords[shape]})`))}.`,
        ]),
  ];
}
