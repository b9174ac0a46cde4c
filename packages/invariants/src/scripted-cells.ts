/**
 * Scripted cells: FM_001 as the lab meets it on both transports, and cells that went wrong in one way each.
 * Source of `histories/` and of the tests' whole grids.
 */
import {
  ordersOf,
  type CellSpec,
  type RoleInGrid,
  type RunHeader,
  type Transport,
} from '@lab/contract';

import { CellScript } from './history-script.ts';

export interface Shape {
  readonly transport?: Transport;
  readonly role?: RoleInGrid;
  readonly guard?: string;
  readonly fault?: string | null;
  readonly expected?: CellSpec['expected'];
  readonly guardMustAct?: boolean;
  readonly because?: string;
  readonly jobs?: number;
}

export const struck = 'job-0004';

export function specOf(shape: Shape): CellSpec {
  const {
    transport = 'rabbitmq',
    role = 'control',
    guard = 'none',
    fault = null,
    jobs = 6,
  } = shape;
  const steps = [transport, role.replaceAll(' ', '-'), ...(role === 'placebo' ? [guard] : [])];
  return {
    id: steps.join('/').replaceAll(/[^a-z0-9/]+/g, '-'),
    transport,
    role,
    guard,
    fault,
    faultPoint: fault === null ? null : faultPoints[transport],
    expected: shape.expected ?? {
      ...allHold,
      ...(fault === null ? {} : { INV_005: 'holds' }),
    },
    guardMustAct: shape.guardMustAct ?? false,
    jobs,
    seed: 42,
    attempts: 1,
    orders: ordersOf(jobs, 42),
    ...(transport === 'bullmq' ? { leaseMs: 1000 } : {}),
    ...strikeAtOf(fault),
    livenessLimitMs: 5000,
    ...(shape.because === undefined ? {} : { because: shape.because }),
  };
}

const allHold = {
  INV_001: 'holds',
  INV_006: 'holds',
  INV_011: 'holds',
  INV_012: 'holds',
  INV_014: 'holds',
} as const;

const faultPoints: Record<Transport, string> = {
  rabbitmq: 'after the effect, before basic.ack reaches the broker',
  bullmq: 'handler entered, effect not yet applied',
};

/** Where the faults of these cells hold the wire; of other names it is held nowhere. */
function strikeAtOf(fault: string | null): Pick<CellSpec, 'strikeAt'> {
  const at = {
    'ack-lost': { server: 'rabbitmq', direction: 'up', means: 'settle' },
    'delivery-lost': { server: 'rabbitmq', direction: 'down', means: 'deliver' },
    'black-hole': { server: 'rabbitmq', direction: 'down', means: 'deliver' },
    'confirm-lost': { server: 'rabbitmq', direction: 'down', means: 'confirm' },
    'lease-stolen': { server: 'redis', direction: 'up', means: 'effect' },
  } as const satisfies Record<string, Omit<NonNullable<CellSpec['strikeAt']>, 'key'>>;
  const point = at[fault as keyof typeof at] as (typeof at)[keyof typeof at] | undefined; // a fault of any name
  return point === undefined ? {} : { strikeAt: { ...point, key: struck } };
}

/** What happens to the struck job under the fault. */
type Strike = (cell: CellScript, key: string) => CellScript;

/** One cell of ordinary jobs, with the struck one among them. */
export function cellOf(shape: Shape, strike: Strike | null, startMs = 0): CellScript {
  const cell = new CellScript(specOf(shape), startMs).begin();
  for (const [index, key] of keysOf(cell.spec.jobs).entries()) {
    if (strike !== null && key === struck) strike(cell, key);
    else cell.ordinary(index % 2 === 0 ? 'worker-1' : 'worker-2', key);
  }
  return cell;
}

export function keysOf(jobs: number): string[] {
  return ordersOf(jobs, 42).map(({ key }) => key);
}

/** RabbitMQ: the ack is held, the link cut, the job delivered again. `second` is what the other worker does. */
export function ackLost(second: (cell: CellScript, key: string) => CellScript): Strike {
  return (cell, key) => {
    cell.publish(key).deliver('worker-1', key).effect('worker-1', key);
    cell.phase('strike').wire('worker-1', 'settle', key, 'held');
    cell.fault('requested', 'cut', 'worker-1>rabbitmq').fault('on', 'cut', 'worker-1>rabbitmq');
    cell
      .wire('worker-1', 'settle', key, 'lost')
      .say('worker-1', 'settle', 'info', key, 'channel closed');
    second(cell.deliver('worker-2', key, true), key);
    cell.phase('heal').fault('healing', 'cut', 'worker-1>rabbitmq');
    return cell.fault('off', 'cut', 'worker-1>rabbitmq').reconnect('worker-1', 'rabbitmq');
  };
}

/** RabbitMQ: the job reaches the broker, and the confirm does not reach the producer. `second` is what follows. */
export function confirmLost(second: (cell: CellScript, key: string) => CellScript): Strike {
  return (cell, key) => {
    cell.wire('producer', 'publish', key).phase('strike');
    cell.wire('producer', 'confirm', key, 'held');
    cell.fault('requested', 'cut', 'producer>rabbitmq').fault('on', 'cut', 'producer>rabbitmq');
    cell.wire('producer', 'confirm', key, 'lost');
    cell.phase('heal').fault('healing', 'cut', 'producer>rabbitmq');
    return second(cell.fault('off', 'cut', 'producer>rabbitmq'), key);
  };
}

/** RabbitMQ: the delivery never reaches worker-1; worker-2 gets it marked as redelivered. */
export function deliveryLost(second: (cell: CellScript, key: string) => CellScript): Strike {
  return (cell, key) => {
    cell.publish(key).phase('strike').wire('worker-1', 'deliver', key, 'held');
    cell.fault('requested', 'cut', 'worker-1>rabbitmq').fault('on', 'cut', 'worker-1>rabbitmq');
    cell.wire('worker-1', 'deliver', key, 'lost');
    second(cell.deliver('worker-2', key, true), key);
    cell.phase('heal').fault('healing', 'cut', 'worker-1>rabbitmq');
    return cell.fault('off', 'cut', 'worker-1>rabbitmq').reconnect('worker-1', 'rabbitmq');
  };
}

/** BullMQ: worker-1's effect is held, behind the tap in the end, until worker-2 has applied its own; then it arrives. */
export function leaseStolen(first: (cell: CellScript, key: string) => CellScript): Strike {
  return (cell, key) => {
    cell
      .publish(key)
      .deliver('worker-1', key)
      .phase('strike')
      .wire('worker-1', 'effect', key, 'held');
    cell.fault('requested', 'hold', 'worker-1>redis').fault('on', 'hold', 'worker-1>redis');
    cell.wire('worker-1', 'effect', key); // past the tap, and held behind it
    cell.wait(1400).deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
    cell
      .phase('heal')
      .fault('healing', 'hold', 'worker-1>redis')
      .fault('off', 'hold', 'worker-1>redis');
    return first(cell, key).say('worker-1', 'settle', 'fail', key, 'Missing lock');
  };
}

export const effectAgain = (cell: CellScript, key: string): CellScript =>
  cell.effect('worker-2', key).settle('worker-2', key);
export const refusedByGuard = (cell: CellScript, key: string): CellScript =>
  cell.wire('worker-2', 'effect', key).refused('worker-2', key).settle('worker-2', key);
export const skipSilently = (cell: CellScript, key: string): CellScript =>
  cell.say('worker-2', 'effect', 'fail', key, 'skipped').settle('worker-2', key);
export const lateEffect = (cell: CellScript, key: string): CellScript =>
  cell.applied('worker-1', key);
export const lateRefusal = (cell: CellScript, key: string): CellScript =>
  cell.refused('worker-1', key);

/** The ordinary end of a cell: settled, observed, completed. */
export function observed(cell: CellScript): CellScript {
  return cell.settled().snapshot().end();
}

/** The end of a recover cell. */
export function recovered(cell: CellScript): CellScript {
  cell.settled().phase('recover').snapshot('before recovery').wait(60);
  cell.compensate(struck).recovery(1, 1).snapshot('after recovery').wait(55);
  return cell.recovery(2, 0).snapshot('after second recovery').end();
}

/** The whole grid of FM_001 on one transport, every cell as expected. */
export function wholeGrid(transport: Transport): CellScript[] {
  const rabbit = transport === 'rabbitmq';
  const fault = rabbit ? 'ack-lost' : 'lease-stolen';
  const repeat = rabbit ? ackLost(effectAgain) : leaseStolen(lateEffect);
  const refuse = rabbit ? ackLost(refusedByGuard) : leaseStolen(lateRefusal);
  const twice = { ...allHold, INV_005: 'holds', INV_001: 'violated' } as const;
  const placebo = (
    guard: string,
    because: string,
    strike = repeat,
    expected: CellSpec['expected'] = twice,
    struckBy = fault,
  ) =>
    observed(
      cellOf({ transport, role: 'placebo', guard, fault: struckBy, expected, because }, strike),
    );
  const lost = {
    ...allHold,
    INV_005: 'violated',
    INV_006: 'violated',
    INV_012: 'violated',
  } as const;
  const placebos = rabbit
    ? [
        placebo(
          'trust-redelivered',
          'the flag says "delivered before", not "done before": the job is skipped and lost',
          deliveryLost(skipSilently),
          lost,
          'delivery-lost',
        ),
        placebo('memory-set', 'what worker-1 remembers, worker-2 never knew'),
        placebo(
          'check-then-act',
          'the mark is written after the effect; the fault strikes between the two',
        ),
      ]
    : [
        placebo('attempts: 1', 'a stalled job runs again all the same'),
        placebo('longer lock', 'a longer lease only waits longer before it is stolen'),
        placebo('check-then-act', 'both workers look before either has written'),
      ];
  return [
    observed(cellOf({ transport }, null)),
    observed(cellOf({ transport, role: 'reproduce', fault, expected: twice }, repeat)),
    ...placebos,
    observed(
      cellOf(
        {
          transport,
          role: 'prevent',
          guard: 'atomic-claim',
          fault,
          guardMustAct: true,
          because: 'claim and effect are one step in the store of the effect',
        },
        refuse,
      ),
    ),
    observed(cellOf({ transport, role: 'guard control', guard: 'atomic-claim' }, null)),
    recovered(
      cellOf(
        {
          transport,
          role: 'recover',
          fault,
          expected: { ...allHold, INV_005: 'holds', INV_001: 'restored', INV_004: 'holds' },
        },
        repeat,
      ),
    ),
  ];
}

/** A grid that went wrong three ways: a broken-off control, a placebo that met no fault, a guard that failed. */
export function contraryGrid(): CellScript[] {
  const cells = wholeGrid('rabbitmq');
  const guarded: Shape = {
    role: 'prevent',
    guard: 'atomic-claim',
    fault: 'ack-lost',
    guardMustAct: true,
  };
  const because = 'claim and effect are one step in the store of the effect';
  return [
    cellOf({}, null).end('timed out: every job is settled'),
    ...cells.filter(
      ({ spec }) => !['control', 'prevent'].includes(spec.role) && spec.guard !== 'memory-set',
    ),
    observed(
      cellOf(
        {
          role: 'placebo',
          guard: 'memory-set',
          fault: 'ack-lost',
          expected: { INV_001: 'violated' },
        },
        null,
      ),
    ),
    observed(cellOf({ ...guarded, because }, ackLost(effectAgain))),
  ];
}

export const scriptedRun: RunHeader = {
  id: '20261121T101500Z-fm001-s42',
  failureMode: 'FM_001',
  title: 'retry duplication -> double execution',
  seed: 42,
  startedAt: '2026-11-21T10:15:00.000Z',
  steered: true,
  runtime: 'local',
  faultsBy: 'toxiproxy 2.12.0',
  versions: {
    rabbitmq: '3.10.8',
    redis: '7.0.15',
    node: '24.21.0',
    amqplib: '2.3.1',
    bullmq: '6.7.0',
    ioredis: '6.0.0',
  },
  commit: '0123456789abcdef0123456789abcdef01234567',
  command: 'pnpm fm 001 --seed 42',
};
