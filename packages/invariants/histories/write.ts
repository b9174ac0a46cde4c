/**
 * Writes the scripted histories of this folder: `pnpm --filter @lab/invariants histories`.
 * Each file is one cell. Histories recorded by real runs lie beside them and are not rewritten.
 */
import { mkdirSync, writeFileSync } from 'node:fs';

import type { History } from '@lab/contract';

import { splitCells } from '../src/cell-history.ts';
import { CellScript, mergeCells } from '../src/history-script.ts';
import { anotherAmount } from '../src/plants/inv-014-another-amount.ts';
import {
  ackLost,
  cellOf,
  confirmLost,
  deliveryLost,
  effectAgain,
  lateEffect,
  lateRefusal,
  leaseStolen,
  observed,
  recovered,
  refusedByGuard,
  skipSilently,
  specOf,
  struck,
  wholeGrid,
} from '../src/scripted-cells.ts';

const recover = { INV_001: 'restored', INV_004: 'holds' } as const;
const again = ackLost(effectAgain);

const histories: Record<string, CellScript> = {
  'good/control-rabbitmq': observed(cellOf({}, null)),
  'good/control-bullmq': observed(cellOf({ transport: 'bullmq' }, null)),
  'good/prevent-rabbitmq': observed(
    cellOf(
      { role: 'prevent', guard: 'atomic-claim', fault: 'ack-lost', guardMustAct: true },
      ackLost(refusedByGuard),
    ),
  ),
  'good/prevent-bullmq': observed(
    cellOf(
      {
        transport: 'bullmq',
        role: 'prevent',
        guard: 'atomic-claim',
        fault: 'lease-stolen',
        guardMustAct: true,
      },
      leaseStolen(lateRefusal),
    ),
  ),
  'good/prevent-delivery-lost': observed(
    cellOf(
      { role: 'prevent', guard: 'atomic-claim', fault: 'delivery-lost' },
      deliveryLost(effectAgain),
    ),
  ),
  'good/recover-rabbitmq': recovered(
    cellOf({ role: 'recover', fault: 'ack-lost', expected: recover }, again),
  ),
  'good/poison-dead-lettered': observed(
    cellOf({}, (cell, key) =>
      cell.publish(key).deliver('worker-1', key).deadLetter('worker-1', key),
    ),
  ),
  'good/unconfirmed-but-effected': observed(
    cellOf(
      { fault: 'confirm-lost' },
      confirmLost((cell, key) =>
        cell.deliver('worker-1', key).effect('worker-1', key).settle('worker-1', key),
      ),
    ),
  ),

  'bad/duplicate-rabbitmq': observed(cellOf({ fault: 'ack-lost' }, again)),
  'bad/duplicate-bullmq': observed(
    cellOf({ transport: 'bullmq', fault: 'lease-stolen' }, leaseStolen(lateEffect)),
  ),
  'bad/silent-skip': observed(cellOf({ fault: 'delivery-lost' }, deliveryLost(skipSilently))),
  'bad/lost-with-a-complaint': observed(
    cellOf({}, (cell, key) =>
      cell
        .publish(key)
        .deliver('worker-1', key)
        .say('worker-1', 'effect', 'fail', key, 'connection refused')
        .settle('worker-1', key),
    ),
  ),
  'bad/accepted-and-vanished': observed(cellOf({}, (cell, key) => cell.publish(key))),
  'bad/given-back-without-a-fault': observed(
    cellOf({}, (cell, key) =>
      cell
        .publish(key)
        .deliver('worker-1', key)
        .wire('worker-1', 'requeue', key)
        .deliver('worker-2', key, true)
        .effect('worker-2', key)
        .settle('worker-2', key),
    ),
  ),
  'bad/published-twice-unmarked': observed(
    cellOf(
      { fault: 'confirm-lost' },
      confirmLost((cell, key) => {
        cell.deliver('worker-1', key).effect('worker-1', key).settle('worker-1', key);
        return cell.ordinary('worker-2', key);
      }),
    ),
  ),
  'bad/dead-and-effected': observed(
    cellOf({}, (cell, key) =>
      cell
        .publish(key)
        .deliver('worker-1', key)
        .effect('worker-1', key)
        .deadLetter('worker-1', key),
    ),
  ),
  'bad/stuck': cellOf({}, (cell, key) => cell.publish(key))
    .settled('timed out')
    .snapshot('final', { drained: false, ready: 1 })
    .end(),
  'bad/slow-to-end': observed(
    cellOf({}, (cell, key) => cell.publish(key))
      .wait(6000)
      .deliver('worker-1', struck)
      .effect('worker-1', struck)
      .settle('worker-1', struck),
  ),
  'bad/queue-out-of-nothing': cellOf({}, null).settled().snapshot('final', { ready: 3 }).end(),
  'bad/recovery-not-restoring': cellOf(
    { role: 'recover', fault: 'ack-lost', expected: recover },
    again,
  )
    .settled()
    .snapshot('before recovery')
    .recovery(1, 0)
    .snapshot('after recovery')
    .recovery(2, 0)
    .snapshot('after second recovery')
    .end(),
  'bad/second-recovery-changes': cellOf(
    { role: 'recover', fault: 'ack-lost', expected: recover },
    again,
  )
    .settled()
    .snapshot('before recovery')
    .compensate(struck)
    .recovery(1, 1)
    .snapshot('after recovery')
    .makeGood('job-0005')
    .recovery(2, 1)
    .snapshot('after second recovery')
    .end(),

  'unknown/repeat-not-marked': observed(
    cellOf({ fault: 'black-hole' }, (cell, key) => {
      cell.publish(key).wire('worker-1', 'deliver', key, 'held');
      cell
        .fault('requested', 'blackhole', 'worker-1>rabbitmq')
        .fault('on', 'blackhole', 'worker-1>rabbitmq');
      cell.wire('worker-1', 'deliver', key, 'lost');
      cell
        .fault('healing', 'blackhole', 'worker-1>rabbitmq')
        .fault('off', 'blackhole', 'worker-1>rabbitmq');
      return cell.deliver('worker-2', key, false).effect('worker-2', key).settle('worker-2', key);
    }),
  ),
  'unknown/stuck-unobserved': cellOf({}, (cell, key) => cell.publish(key))
    .settled('timed out')
    .end('timed out: every job is settled'),
  'unknown/given-up-silently': observed(
    cellOf({}, (cell, key) => cell.publish(key).deliver('worker-1', key).effect('worker-1', key)),
  ),
  'unknown/published-twice': observed(
    cellOf({}, (cell, key) => cell.ordinary('worker-1', key).publish(key)),
  ),
  'unknown/nothing-happened': observed(new CellScript(specOf({})).begin()),
  'unknown/not-drained': cellOf({}, (cell, key) => cell.publish(key))
    .settled()
    .snapshot('final', { drained: false, ready: 1 })
    .end(),
  'unknown/no-snapshot': cellOf({}, null).end('aborted'),
  'unknown/not-healed': cellOf({ fault: 'ack-lost' }, (cell, key) =>
    cell
      .publish(key)
      .deliver('worker-1', key)
      .effect('worker-1', key)
      .wire('worker-1', 'settle', key, 'held')
      .fault('requested', 'cut', 'worker-1>rabbitmq')
      .fault('on', 'cut', 'worker-1>rabbitmq')
      .wire('worker-1', 'settle', key, 'lost')
      .deliver('worker-2', key, true)
      .wire('worker-2', 'effect', key)
      .refused('worker-2', key)
      .settle('worker-2', key)
      .fault('healing', 'cut', 'worker-1>rabbitmq')
      .fault('not-healed', 'cut', 'worker-1>rabbitmq'),
  )
    .settled()
    .snapshot()
    .end('not healed: cut worker-1>rabbitmq'),
  'unknown/fault-met-no-traffic': observed(
    cellOf({ fault: 'cut-elsewhere' }, (cell, key) =>
      cell
        .fault('requested', 'cut', 'worker-9>rabbitmq')
        .fault('on', 'cut', 'worker-9>rabbitmq')
        .fault('healing', 'cut', 'worker-9>rabbitmq')
        .fault('off', 'cut', 'worker-9>rabbitmq')
        .ordinary('worker-1', key),
    ),
  ),
  'unknown/guard-never-acted': observed(
    cellOf(
      { role: 'prevent', guard: 'atomic-claim', fault: 'delivery-lost', guardMustAct: true },
      deliveryLost(effectAgain),
    ),
  ),
  'unknown/recovery-of-nothing': cellOf({ role: 'recover', expected: { INV_004: 'holds' } }, null)
    .settled()
    .snapshot('before recovery')
    .recovery(1, 0)
    .snapshot('after recovery')
    .recovery(2, 0)
    .snapshot('after second recovery')
    .end(),
};

for (const [name, cell] of Object.entries(histories)) write(name, mergeCells([cell]));
const [plain] = splitCells(mergeCells([observed(cellOf({}, null))]));
if (plain === undefined) throw new Error('no cell');
write('bad/another-amount', anotherAmount(plain)?.cell.events ?? []);
write('unknown/orders-not-said', withoutOrders(plain.events));
write('grid/fm-001-rabbitmq', mergeCells(wholeGrid('rabbitmq')));
write('grid/fm-001-bullmq', mergeCells(wholeGrid('bullmq')));

function withoutOrders(events: History): History {
  return events.map((event) => {
    if (event.kind !== 'cell' || event.phase !== 'start') return event;
    const { orders: _orders, ...spec } = event.spec;
    return { ...event, spec };
  });
}

function write(name: string, history: readonly object[]): void {
  const file = `${import.meta.dirname}/${name}.jsonl`;
  mkdirSync(`${import.meta.dirname}/${name.split('/')[0]}`, { recursive: true });
  writeFileSync(file, history.map((event) => `${JSON.stringify(event)}\n`).join(''));
}
