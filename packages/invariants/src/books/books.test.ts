import type { HistoryEvent, LedgerEntry, WireEvent } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import type { CellScript } from '../history-script.ts';
import {
  ackLost,
  cellOf,
  confirmLost,
  effectAgain,
  lateEffect,
  leaseStolen,
  observed,
  recovered,
  refusedByGuard,
  struck,
} from '../scripted-cells.ts';
import { judgeChanged, told } from './tampering.ts';

const other = 'job-0002';
const expected = { INV_001: 'violated' } as const;
const control = (): CellScript => observed(cellOf({}, null));
const onBullmq = (): CellScript => observed(cellOf({ transport: 'bullmq' }, null));
const cutOff = (): CellScript =>
  observed(cellOf({ role: 'reproduce', fault: 'ack-lost', expected }, ackLost(effectAgain)));
const stolen = (): CellScript =>
  observed(
    cellOf(
      { transport: 'bullmq', role: 'reproduce', fault: 'lease-stolen', expected },
      leaseStolen(lateEffect),
    ),
  );
const guarded = (): CellScript =>
  observed(cellOf({ role: 'prevent', fault: 'ack-lost' }, ackLost(refusedByGuard)));
const restored = (): CellScript =>
  recovered(
    cellOf(
      { role: 'recover', fault: 'ack-lost', expected: { INV_001: 'restored', INV_004: 'holds' } },
      ackLost(effectAgain),
    ),
  );

const isWire = (
  event: HistoryEvent,
  means: WireEvent['means'],
  key = other,
): event is HistoryEvent & { kind: 'wire' } =>
  event.kind === 'wire' && event.means === means && event.keys?.[0] === key;
const without =
  (means: WireEvent['means'], key = other) =>
  (event: HistoryEvent) =>
    isWire(event, means, key) ? null : event;
const inLedger = (change: (ledger: LedgerEntry[]) => LedgerEntry[]) => (event: HistoryEvent) =>
  event.kind === 'snapshot'
    ? { ...event, snapshot: { ...event.snapshot, ledger: change(event.snapshot.ledger) } }
    : event;

describe('all books', () => {
  test.each([
    ['a control', control],
    ['one on BullMQ', onBullmq],
    ['a lost ack', cutOff],
    ['a stolen lease', stolen],
    ['a guard that refused', guarded],
    ['a recovery', restored],
    [
      'a lost confirm',
      () =>
        observed(
          cellOf(
            { fault: 'confirm-lost' },
            confirmLost((cell, key) =>
              cell.deliver('worker-1', key).effect('worker-1', key).settle('worker-1', key),
            ),
          ),
        ),
    ],
  ])('are silent about %s', (_, script) => {
    const { breaches, conclusion } = judgeChanged(script());
    expect({ breaches, conclusion }).toEqual({ breaches: [], conclusion: 'as expected' });
  });
});

describe('the publish book', () => {
  test('says what was ordered and not published, and the other way round', () => {
    expect(told(control(), without('publish'))).toContain(
      `publish: ${other} was ordered and never published`,
    );
    const renamed = told(control(), (event) =>
      event.kind === 'cell' && event.phase === 'start'
        ? { ...event, spec: { ...event.spec, orders: event.spec.orders?.slice(1), jobs: 5 } }
        : event,
    );
    expect(renamed).toContain('publish: job-0001 was published and not ordered');
  });

  test('says a second publish, an outcome that is missing, and one that no confirm bears out', () => {
    expect(
      told(control(), (event) => (isWire(event, 'publish') ? [event, event] : event)),
    ).toContain(`publish: ${other} was published 2 times`);
    expect(
      told(control(), (event) =>
        event.kind === 'job' && event.op === 'publish' && event.phase === 'ok' ? null : event,
      ),
    ).toContain(`publish: the producer has no outcome for ${other}`);
    expect(told(control(), without('confirm'))).toContain(
      `publish: the producer calls ${other} accepted, and no confirm crossed`,
    );
  });

  test('says how the producer ended', () => {
    expect(
      told(control(), (event) =>
        event.kind === 'process' && event.role === 'producer' && event.phase === 'exited'
          ? { ...event, detail: 'code 1' }
          : event,
      ),
    ).toContain('publish: the producer ended with code 1');
  });
});

describe('the ledger book', () => {
  test('says an entry that no tap saw, and one that was answered and is not there', () => {
    const stranger: LedgerEntry = {
      entry: 'x',
      key: other,
      kind: 'effect',
      amount: 1,
      by: 'worker-1',
    };
    expect(
      told(
        control(),
        inLedger((ledger) => [...ledger, stranger]),
      ),
    ).toContain(`ledger: no tap saw the effect of ${other} (x) that stands in the ledger`);
    expect(
      told(
        control(),
        inLedger((ledger) => ledger.slice(1)),
      ),
    ).toContain('ledger: entry entry-1 was answered as applied and is not in the ledger');
  });

  test('accuses the program of an entry that stands beside one that its script wrote', () => {
    const beside = inLedger((ledger) =>
      ledger.flatMap((entry) =>
        entry.key === other ? [entry, { ...entry, entry: 'x' }] : [entry],
      ),
    );
    expect(judgeChanged(control(), beside)).toMatchObject({ conclusion: 'contrary' });
    const again = inLedger((ledger) =>
      ledger.flatMap((entry) => (entry.key === other ? [entry, entry] : [entry])),
    );
    expect(told(control(), again)).toContain(
      'surprise: entry entry-2 was sent once and stands 2 times in the ledger',
    );
    const last = 'job-0006';
    const atTheEnd = inLedger((ledger) =>
      ledger.concat(ledger.filter(({ key }) => key === last).map((e) => ({ ...e, entry: 'x' }))),
    );
    expect(told(control(), atTheEnd)[0]).toBe(
      `ledger: no tap saw the effect of ${last} (x) that stands in the ledger`,
    );
    const signedByAnother = inLedger((ledger) =>
      ledger.flatMap((entry) =>
        entry.key === other ? [entry, { ...entry, entry: 'x', by: 'worker-3' }] : [entry],
      ),
    );
    expect(told(control(), signedByAnother)[0]).toMatch(/^ledger: no tap saw the effect/);
    const byCommand = (event: HistoryEvent) => {
      if (event.kind !== 'wire' || event.script !== true) return beside(event);
      const { script: _, ...plain } = event;
      return plain;
    };
    expect(told(control(), byCommand)[0]).toMatch(/^ledger: no tap saw the effect/);
  });

  test.each([
    ['amount', { amount: 7 }],
    ['key', { key: 'job-0001' }],
    ['compensates', { compensates: 'entry-1' }],
  ])('says when %s is another one than was sent', (name, change) => {
    const says = told(
      control(),
      inLedger((ledger) =>
        ledger.map((entry) => (entry.key === other ? { ...entry, ...change } : entry)),
      ),
    );
    expect(says.find((line) => line.startsWith('ledger:'))).toContain(`with ${name} `);
  });

  test('says when an entry is signed by another role than sent it', () => {
    const says = told(control(), (event) =>
      event.kind === 'wire' && event.entries !== undefined && event.link === 'worker-1>redis'
        ? { ...event, link: 'worker-2>redis' }
        : event,
    );
    expect(says).toContain(
      'ledger: entry entry-1 is signed by worker-1 and was sent by worker-2, signed by worker-1',
    );
  });

  test('says a command without an answer, unless its link was under a fault', () => {
    expect(told(control(), without('effect-applied'))).toContain(
      `ledger: the EVALSHA applyEffect of worker-2 for ${other} was never answered`,
    );
    // What is swallowed under a declared hold leaves an entry without an answer, or none at all.
    const swallowed = told(stolen(), (event) =>
      isWire(event, 'effect-applied', struck) && event.link === 'worker-1>redis' ? null : event,
    );
    expect(swallowed.filter((line) => line.startsWith('ledger'))).toEqual([]);
  });

  test('says a refusal of what stands, an answer to nothing, and entries that were taken out', () => {
    expect(
      told(control(), (event) =>
        isWire(event, 'effect-applied') ? { ...event, means: 'effect-refused' } : event,
      ),
    ).toContain('ledger: entry entry-2 was answered as refused and stands in the ledger');
    expect(told(control(), without('effect'))[0]).toMatch(/^ledger: no tap saw the effect/);
    const shrunk = told(restored(), (event) =>
      event.kind === 'snapshot' && event.snapshot.name === 'after recovery'
        ? inLedger((ledger) => ledger.slice(1))(event)
        : event,
    );
    expect(shrunk).toContain(
      'ledger: between "before recovery" and "after recovery" entry 1 of the ledger changed',
    );
  });

  test('says when fewer dead letters were read than the server counts', () => {
    const counted = (deadCount: number) =>
      told(control(), (event) =>
        event.kind === 'snapshot'
          ? { ...event, snapshot: { ...event.snapshot, deadCount } }
          : event,
      );
    expect(counted(0)).toEqual([]);
    expect(counted(1)).toEqual([
      'ledger: at snapshot "final" the server counts 1 dead letters, and 0 were read',
    ]);
  });

  test('says when the final state was read too early', () => {
    const early = cellOf({}, null).settled().snapshot();
    early.wire('worker-1', 'settle', other).end();
    expect(told(early)).toContain(
      'ledger: the snapshot "final" was taken too early: a settle came after it',
    );
  });
});

describe('the delivery book', () => {
  test('says a delivery without a settle, a settle without a delivery, a settle without its answer', () => {
    expect(told(control(), without('settle'))).toContain(
      `delivery: worker-2 was given ${other} and neither settled it nor gave it back`,
    );
    expect(told(control(), without('deliver'))).toContain(
      `delivery: worker-2 sent a settle of ${other}, which it was not given`,
    );
    expect(told(onBullmq(), without('settle-reply'))).toContain(
      `delivery: the settle of ${other} by worker-2 was not answered`,
    );
  });

  test.each([
    ['RabbitMQ', cutOff],
    ['BullMQ', stolen],
  ])('says when a repeat on %s is not marked as one', (_, script) => {
    const unmarked = told(script(), (event) => {
      if (event.kind !== 'wire' || event.redelivered !== true) return event;
      const { redelivered: __, ...first } = event;
      return first;
    });
    expect(unmarked).toContain(
      `delivery: ${struck} was delivered again, and not marked as a repeat`,
    );
  });

  test('takes what gives a job back for sent again where a cut left the first behind', () => {
    const sentAgain = (fault: string) =>
      observed(
        cellOf({ transport: 'bullmq', fault }, (cell, key) => {
          cell.publish(key).deliver('worker-1', key).fault('requested', 'cut', 'worker-1>redis');
          cell.fault('on', 'cut', 'worker-1>redis').wire('worker-1', 'requeue', key, 'lost');
          cell.deliver('worker-2', key).effect('worker-2', key).settle('worker-2', key);
          cell.fault('healing', 'cut', 'worker-1>redis').fault('off', 'cut', 'worker-1>redis');
          return cell.wire('worker-1', 'requeue', key);
        }),
      );
    expect(told(sentAgain('effect-lost'))).toEqual([]);
    const once = (event: HistoryEvent) =>
      isWire(event, 'requeue', struck) && event.passage === 'crossed' ? [event, event] : event;
    expect(told(sentAgain('effect-lost'), once)).toContain(
      `delivery: worker-1 sent a requeue of ${struck}, which it was not given`,
    );
  });

  test('says when the tap names another link than the workers do', () => {
    const wrong = told(control(), (event) =>
      event.kind === 'wire' && event.link === 'worker-1>rabbitmq'
        ? { ...event, link: 'worker-2>rabbitmq' }
        : event,
    );
    expect(wrong).toContain(
      'delivery: worker-1 says that it was given job-0001 once; its links brought it 0 times',
    );
  });
});

describe('the process book', () => {
  test('says who ended by itself, with which code, and who was never started', () => {
    const exit = (detail: string, stopping = true) =>
      told(control(), (event) => {
        if (event.kind !== 'process' || event.role !== 'worker-1') return event;
        if (event.phase === 'stopping' && !stopping) return null;
        return event.phase === 'exited' ? { ...event, detail } : event;
      });
    expect(exit('code 0')).toEqual([]);
    expect(exit('SIGKILL', false)).toContain(
      'process: worker-1 was ended while it should serve: SIGKILL',
    );
    expect(
      told(control(), (event) =>
        event.kind === 'process' && event.role === 'worker-1' ? null : event,
      ),
    ).toContain('process: worker-1 was on the wire and was never started');
  });
});

describe('a tap that does not understand what crosses it', () => {
  const besides = (more: Partial<WireEvent>) =>
    judgeChanged(onBullmq(), (event) => {
      if (!isWire(event, 'settle')) return event;
      const { means: _, keys: __, entries: ___, ...frame } = event;
      return [event, { ...frame, ...more }];
    });

  test('leaves a doubt, which names what it did not understand', () => {
    expect(besides({ frame: 'EVALSHA', detail: 'unknown script 0ab' })).toMatchObject({
      conclusion: 'inconclusive',
      reasons: ['worker-2 ran what the tap does not know: unknown script 0ab'],
    });
    expect(besides({ frame: 'undecodable', detail: 'Error: no RESP' })).toMatchObject({
      conclusion: 'inconclusive',
      reasons: ['what crossed worker-2>redis could not be read: Error: no RESP'],
    });
  });
});

describe('the process book, of a whole cell', () => {
  const nothingOf = (role: string) => (event: HistoryEvent) =>
    (event.kind === 'process' && event.role === role) ||
    event.source === role ||
    (event.kind === 'record' && event.of === role) ||
    ((event.kind === 'wire' || event.kind === 'connection') && event.link.startsWith(`${role}>`))
      ? null
      : event;

  test('says when there was nobody else whom a job could go to', () => {
    expect(told(control(), nothingOf('worker-2'))).toContain(
      'process: worker-1 alone was started to work',
    );
    expect(told(control(), nothingOf('producer'))).toContain('process: no producer was started');
  });

  test('says when a run of recovery was not run, or ended otherwise', () => {
    expect(told(restored(), nothingOf('reconciler-2'))).toEqual([
      'process: run 2 of recovery has an exit code, and reconciler-2 had not run',
    ]);
    const failed = told(restored(), (event) =>
      event.kind === 'process' && event.role === 'reconciler-2' && event.phase === 'exited'
        ? { ...event, detail: 'code 1' }
        : event,
    );
    expect(failed).toContain(
      'process: run 2 of recovery has exit code 0, and reconciler-2 ended with code 1',
    );
  });
});

describe('a worker that is told to end and does so with another code than 0', () => {
  const exitsBadly = (event: HistoryEvent) =>
    event.kind === 'process' && event.role === 'worker-1' && event.phase === 'exited'
      ? { ...event, detail: 'code 1' }
      : event;
  const says = 'worker-1 was told to end and did so with code 1';

  test('is in doubt, and what surprises speaks before that', () => {
    expect(judgeChanged(control(), exitsBadly)).toMatchObject({
      conclusion: 'inconclusive',
      reasons: [says],
      breaches: [],
    });
    const again = cellOf({}, null).deliver('worker-1', other, true).settle('worker-1', other);
    const surprised = judgeChanged(observed(again), exitsBadly);
    expect(surprised.conclusion).toBe('contrary');
    expect(surprised.reasons).toContain(says);
  });

  test('is no doubt of a cell that broke off, where the lab ends whoever still runs', () => {
    const { reasons } = judgeChanged(cellOf({}, null).end('timed out: every job is settled'));
    expect(reasons.filter((reason) => reason.includes('ended'))).toEqual([]);
  });

  test('is in doubt as well when nobody told it to', () => {
    const byItself = judgeChanged(control(), (event) =>
      event.kind === 'process' && event.role === 'worker-1' && event.phase === 'stopping'
        ? null
        : event,
    );
    expect(byItself).toMatchObject({
      conclusion: 'inconclusive',
      reasons: ['worker-1 ended by itself with code 0'],
      breaches: [],
    });
  });

  test('had something to leave where one of its links was under a fault', () => {
    expect(judgeChanged(stolen(), exitsBadly)).toMatchObject({ conclusion: 'as expected' });
  });
});

describe('the strike book', () => {
  test.each([
    ['of another job', { keys: [other] }, `is about ${other}, not ${struck}`],
    ['of another meaning', { means: 'reject' as const }, 'means reject, not settle'],
    ['to another server', { link: 'worker-1>redis' }, 'was on its way to redis, not rabbitmq'],
    ['the other way', { direction: 'down' as const }, 'went down, not up'],
  ])('says when the frame that was held is one %s', (_, change, why) => {
    const says = told(cutOff(), (event) =>
      event.kind === 'wire' && event.passage === 'held' ? { ...event, ...change } : event,
    );
    expect(says).toContain(`strike: the frame that was held ${why}`);
  });

  test('says when none was held, when another one was, and when the fault was left out', () => {
    const held = (event: HistoryEvent) => event.kind === 'wire' && event.passage === 'held';
    expect(told(cutOff(), (event) => (held(event) ? null : event))[0]).toMatch(
      /^strike: no frame was held at the fault point/,
    );
    expect(told(cutOff(), (event) => (held(event) ? [event, event] : event))).toContain(
      'strike: basic.ack on worker-1>rabbitmq was held as well',
    );
    expect(told(cutOff(), (event) => (event.kind === 'fault' ? null : event))).toContain(
      'strike: the fault "ack-lost" was never injected',
    );
  });

  test('says when the fault was done to whoever did not hold the frame', () => {
    const elsewhere = told(cutOff(), (event) => {
      if (event.kind === 'fault') {
        return { ...event, target: 'worker-2>rabbitmq', label: 'cut worker-2>rabbitmq' };
      }
      return event.kind === 'probe' ? { ...event, link: 'worker-2>rabbitmq' } : event;
    });
    expect(elsewhere).toContain(
      'strike: basic.ack was held on worker-1>rabbitmq, and "cut worker-2>rabbitmq" struck',
    );
  });

  test('says when the frame was let go before the fault was on', () => {
    const early = observed(
      cellOf({ role: 'reproduce', fault: 'ack-lost', expected }, (cell, key) => {
        cell.publish(key).deliver('worker-1', key).effect('worker-1', key).phase('strike');
        cell.wire('worker-1', 'settle', key, 'held').wire('worker-1', 'settle', key);
        cell.fault('requested', 'cut', 'worker-1>rabbitmq');
        cell.fault('on', 'cut', 'worker-1>rabbitmq').phase('heal');
        return cell
          .fault('healing', 'cut', 'worker-1>rabbitmq')
          .fault('off', 'cut', 'worker-1>rabbitmq');
      }),
    );
    expect(told(early)).toContain(
      'strike: the frame that was held went on before "cut worker-1>rabbitmq" was on',
    );
  });

  test('says when the guard refused other jobs than the one that was struck', () => {
    const guard = { guard: 'atomic-claim', guardMustAct: true, jobs: 7 };
    const cell = cellOf({ role: 'prevent', fault: 'ack-lost', ...guard }, (script, key) => {
      script.publish('job-0007').deliver('worker-1', 'job-0007').effect('worker-1', 'job-0007');
      ackLost((again) => again.settle('worker-2', key))(script, key);
      script.deliver('worker-2', 'job-0007', true).wire('worker-2', 'effect', 'job-0007');
      return script.refused('worker-2', 'job-0007').settle('worker-2', 'job-0007');
    });
    expect(told(observed(cell))).toContain(
      `strike: the guard refused job-0007, and ${struck} was struck`,
    );
  });

  test('says when what is violated is not what was struck', () => {
    const says = told(cutOff(), (event) =>
      event.kind === 'wire' && event.keys?.[0] === struck && event.passage === 'held'
        ? { ...event, keys: ['job-0009'] }
        : event,
    );
    expect(says.some((line) => line.startsWith('strike: '))).toBe(true);
    const inHand = cellOf(
      { role: 'reproduce', fault: 'ack-lost', jobs: 7, expected },
      (cell, key) => {
        cell.publish('job-0007').deliver('worker-1', 'job-0007').effect('worker-1', 'job-0007');
        ackLost(refusedByGuard)(cell, key);
        return effectAgain(cell.deliver('worker-2', 'job-0007', true), 'job-0007');
      },
    );
    expect(told(observed(inHand))).toContain(
      'strike: INV_001 is violated as expected, but of job-0007, not of what was struck',
    );
  });
});

describe('the carrier book', () => {
  const probing = (during: 'on' | 'healed', outcome: 'answered' | 'refused' | 'silent' | 'ended') =>
    told(cutOff(), (event) =>
      event.kind === 'probe' && event.during === during ? { ...event, outcome } : event,
    );

  test('says when a fault is none that it has a rule for', () => {
    expect(
      told(cutOff(), (event) => (event.kind === 'fault' ? { ...event, verb: 'flood' } : event)),
    ).toContain('carrier: nobody knows how "cut worker-1>rabbitmq" shows');
  });

  test('says when a cut lets a round trip through, and when a heal does not', () => {
    expect(probing('on', 'refused')).toEqual([]);
    expect(probing('on', 'ended')).toEqual([]);
    expect(probing('on', 'answered')).toEqual([
      'carrier: "cut worker-1>rabbitmq" was on, and a round trip through worker-1>rabbitmq was answered',
    ]);
    expect(probing('healed', 'refused')).toEqual([
      'carrier: "cut worker-1>rabbitmq" was called healed, and a round trip through worker-1>rabbitmq was refused',
    ]);
  });

  test('says when a frame crossed a link upwards that was cut', () => {
    const crossed = told(cutOff(), (event) =>
      event.kind === 'wire' && event.passage === 'lost' ? { ...event, passage: 'crossed' } : event,
    );
    expect(crossed).toContain(
      'carrier: "cut worker-1>rabbitmq" was on, and basic.ack crossed worker-1>rabbitmq',
    );
  });

  test('says when the worker that was cut off works on over a new connection', () => {
    const back = observed(
      cellOf({ role: 'reproduce', fault: 'ack-lost', expected }, (cell, key) => {
        cell.publish(key).deliver('worker-1', key).effect('worker-1', key).phase('strike');
        cell.wire('worker-1', 'settle', key, 'held').fault('requested', 'cut', 'worker-1>rabbitmq');
        cell.fault('on', 'cut', 'worker-1>rabbitmq').wire('worker-1', 'settle', key, 'lost');
        effectAgain(cell.deliver('worker-2', key), key).ordinary('worker-1', 'job-0007');
        cell.phase('heal').fault('healing', 'cut', 'worker-1>rabbitmq');
        return cell.fault('off', 'cut', 'worker-1>rabbitmq');
      }),
    );
    expect(told(back)).toContain(
      'carrier: "cut worker-1>rabbitmq" was on, and basic.ack crossed worker-1>rabbitmq',
    );
  });

  test('says when a command had its answer through a link that was held', () => {
    const answered = observed(
      cellOf({ transport: 'bullmq', fault: 'lease-stolen' }, (cell, key) => {
        cell.publish(key).deliver('worker-1', key).phase('strike');
        cell.wire('worker-1', 'effect', key, 'held').fault('requested', 'hold', 'worker-1>redis');
        cell.fault('on', 'hold', 'worker-1>redis').effect('worker-1', key).phase('heal');
        cell.fault('healing', 'hold', 'worker-1>redis').fault('off', 'hold', 'worker-1>redis');
        return cell.settle('worker-1', key);
      }),
    );
    expect(told(answered)).toContain(
      `carrier: "hold worker-1>redis" was on, and what worker-1>redis carried of ${struck} had reached redis before it was healed`,
    );
  });

  /** Only the way down is held: worker-1's effect is applied at once, and its answer comes with the heal. */
  const heldOneWay = (second: 'effect' | 'refused'): CellScript =>
    observed(
      cellOf({ transport: 'bullmq', fault: 'lease-stolen' }, (cell, key) => {
        cell.publish(key).deliver('worker-1', key).phase('strike');
        cell.wire('worker-1', 'effect', key, 'held').fault('requested', 'hold', 'worker-1>redis');
        cell
          .fault('on', 'hold', 'worker-1>redis')
          .wire('worker-1', 'effect', key)
          .apply('worker-1', key);
        cell.wait(1400).deliver('worker-2', key)[second]('worker-2', key).settle('worker-2', key);
        cell.phase('heal').fault('healing', 'hold', 'worker-1>redis');
        cell.fault('off', 'hold', 'worker-1>redis').wire('worker-1', 'effect-applied', key);
        return cell.say('worker-1', 'settle', 'fail', key, 'Missing lock');
      }),
    );

  test.each(['effect', 'refused'] as const)(
    'says when a hold let a command through, by what came of it: the other worker had its %s',
    (second) => {
      expect(told(heldOneWay(second))).toContain(
        `carrier: "hold worker-1>redis" was on, and what worker-1>redis carried of ${struck} had reached redis before it was healed`,
      );
    },
  );

  test('says when nobody tried', () => {
    expect(told(cutOff(), (event) => (event.kind === 'probe' ? null : event))).toEqual([
      'carrier: nobody tried "cut worker-1>rabbitmq" while it was on',
      'carrier: nobody tried whether "cut worker-1>rabbitmq" was healed',
    ]);
  });

  test('takes neither a frame that the tap held nor a connection that the lab ended for traffic', () => {
    const stood = observed(
      cellOf({ transport: 'bullmq', fault: 'lease-stolen' }, (cell, key) => {
        cell.publish(key).deliver('worker-1', key).wire('worker-1', 'effect', key, 'held');
        for (const phase of ['requested', 'on', 'healing', 'off'] as const) {
          cell.fault(phase, 'hold', 'worker-1>redis');
        }
        cell.wire('worker-1', 'effect', key).applied('worker-1', key);
        return cell.settle('worker-1', key);
      }),
    );
    expect(told(stood)).toEqual(['carrier: "hold worker-1>redis" met no traffic']);
    const byTheLab = told(cutOff(), (event) => {
      if (event.kind === 'connection' && event.by === 'server') return { ...event, by: 'lab' };
      if (event.kind === 'wire' && event.passage === 'lost')
        return { ...event, passage: 'crossed' };
      return event.kind === 'wire' && event.redelivered === true
        ? { ...event, redelivered: false }
        : event;
    });
    expect(byTheLab).toContain('carrier: "cut worker-1>rabbitmq" met no traffic');
  });

  test('says when a fault never came on, and when it was not healed', () => {
    const withoutPhase = (phase: string) =>
      told(cutOff(), (event) => (event.kind === 'fault' && event.phase === phase ? null : event));
    expect(withoutPhase('on')).toContain(
      'carrier: "cut worker-1>rabbitmq" was requested but never came on',
    );
    expect(withoutPhase('off')).toContain('carrier: "cut worker-1>rabbitmq" was not healed');
  });
});

describe('the server book', () => {
  test('says who is gone, and when nobody asked', () => {
    const gone = judgeChanged(control(), (event) =>
      event.kind === 'server' && event.server === 'redis' ? { ...event, phase: 'gone' } : event,
    );
    expect(gone).toMatchObject({ conclusion: 'inconclusive', gone: ['redis'] });
    expect(gone.reasons).toEqual(['server: redis is gone']);
    expect(told(control(), (event) => (event.kind === 'server' ? null : event))).toEqual([
      'server: nobody asked whether the servers still answer',
    ]);
  });
});

describe('surprises', () => {
  const doubled = (cell: CellScript, key: string): CellScript =>
    cell.deliver('worker-1', key).effect('worker-1', key).settle('worker-1', key);

  test('are repeats, losses and doubles of jobs that nobody struck', () => {
    const innocent = cellOf({ fault: 'ack-lost' }, ackLost(effectAgain));
    const again = judgeChanged(observed(doubled(innocent, other)));
    expect(again.conclusion).toBe('contrary');
    expect(again.breaches.map(({ says }) => says)).toEqual([
      `${other} was not struck, and was delivered again`,
      `${other} was not struck, and was effected twice`,
    ]);
  });

  test('are none of what a struck role had in hand: at prefetch 10 all of it comes back', () => {
    const keys = ['job-0007', 'job-0008', 'job-0009'];
    const many = cellOf(
      { role: 'reproduce', fault: 'ack-lost', jobs: 9, expected },
      (cell, key) => {
        for (const waiting of keys) cell.publish(waiting).deliver('worker-1', waiting);
        ackLost(effectAgain)(cell, key);
        for (const waiting of keys) {
          cell
            .deliver('worker-2', waiting, true)
            .effect('worker-2', waiting)
            .settle('worker-2', waiting);
        }
        return cell;
      },
    );
    // The cell publishes the last three itself, so its own turn leaves them out.
    const { breaches } = judgeChanged(observed(many));
    expect(breaches.filter(({ book }) => book === 'surprise').map(({ says }) => says)).toEqual([]);
  });
});

describe('a job whose handler failed', () => {
  const tried = (frame: string, poison: readonly string[]) =>
    told(
      observed(
        cellOf({}, (cell, key) =>
          cell
            .publish(key)
            .deliver('worker-1', key)
            .wire('worker-1', 'requeue', key)
            .deliver('worker-2', key)
            .effect('worker-2', key)
            .settle('worker-2', key),
        ),
      ),
      (event) => {
        if (event.kind === 'cell' && event.phase === 'start') {
          return { ...event, spec: { ...event.spec, poison: [...poison] } };
        }
        return isWire(event, 'requeue', struck) ? { ...event, frame } : event;
      },
    );

  test.each(['basic.reject', 'basic.nack'])(
    'is a surprise when it comes again after %s, unless it was declared poison',
    (frame) => {
      expect(tried(frame, [])).toEqual([
        `surprise: ${struck} was not struck, and was delivered again`,
      ]);
      expect(tried(frame, [struck])).toEqual([]);
    },
  );
});

describe('the recovery book', () => {
  const repaired = (change: (entry: LedgerEntry) => LedgerEntry[]) =>
    told(
      restored(),
      inLedger((ledger) =>
        ledger.flatMap((entry) => (entry.kind === 'compensation' ? change(entry) : [entry])),
      ),
    );

  test('says a compensation with its sign wrong, and one that comes twice', () => {
    expect(repaired((entry) => [{ ...entry, amount: -entry.amount }])).toContainEqual(
      expect.stringMatching(/^recovery: recovery took \d+ of job-0004 back with \d+$/),
    );
    expect(repaired((entry) => [entry, { ...entry, entry: 'again' }])).toContain(
      'recovery: recovery took an effect of job-0004 back twice',
    );
    expect(repaired(() => [])).toContain('recovery: recovery left 2 effects of job-0004 standing');
  });

  test('says a reconciler that undoes and redoes, and exit codes other than 0', () => {
    const redone = cellOf({ role: 'recover', fault: 'ack-lost' }, ackLost(effectAgain)).settled();
    redone.snapshot('before recovery').compensate(struck).compensate(other).makeGood(other);
    redone.recovery(1, 2).snapshot('after recovery').recovery(2, 0, 1);
    const says = told(redone.snapshot('after second recovery').end());
    expect(says).toContain(
      `recovery: recovery appended an effect of ${other} that repairs nothing`,
    );
    expect(says).toContain('recovery: run 2 of recovery ended with exit code 1');
  });
});
