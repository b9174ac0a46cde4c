import type { LedgerEntry, Meaning, Witness } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { effectAtMostOnce } from './inv-001-effect-at-most-once.ts';
import { cellOf, struck } from './scripted-cells.ts';

const link = (role: string): string => `${role}>redis`;

function entryOf(role: string): LedgerEntry {
  return { entry: `of-${role}`, key: struck, kind: 'effect', amount: 100, by: role };
}

/** A frame about the effect of one worker; with `entries` it says which entry it carries. */
function frame(
  cell: CellScript,
  role: string,
  means: Extract<Meaning, `effect${string}`>,
  {
    passage = 'crossed',
    says = true,
  }: { passage?: 'crossed' | 'held' | 'lost'; says?: boolean } = {},
): CellScript {
  const sent = means === 'effect';
  return cell.record('tap', {
    kind: 'wire',
    link: link(role),
    connection: 1,
    direction: sent ? 'up' : 'down',
    protocol: 'redis',
    frame: sent ? 'EVALSHA' : 'reply EVALSHA',
    passage,
    means,
    keys: [struck],
    ...(says ? { entries: [entryOf(role)] } : {}),
  });
}

/** The witness of the struck job, whose effects in the ledger are these workers', in this order. */
function witness(live: (cell: CellScript) => void, ...effects: readonly string[]): Witness {
  const script = cellOf({ transport: 'bullmq' }, (cell) => {
    live(cell);
    return cell;
  });
  const [cell] = splitCells(mergeCells([script.settled().snapshot().end()]));
  const taken = cell?.events.findLast((event) => event.kind === 'snapshot');
  if (cell === undefined || taken === undefined) throw new Error('no cell with a snapshot');
  const others = taken.snapshot.ledger.filter(({ key }) => key !== struck);
  const ledger = [...others, ...effects.map(entryOf)];
  const finding = effectAtMostOnce.check(cell, { ...taken.snapshot, ledger });
  if (finding.state !== 'violated') throw new Error(`INV_001 is ${finding.state}`);
  const [first] = finding.witnesses;
  if (first === undefined) throw new Error('no witness');
  return first;
}

/** The reply to worker-1 is held on its way, and let go when worker-2 has long applied the second effect. */
function replyHeld(cell: CellScript, says: boolean): void {
  cell.publish(struck).deliver('worker-1', struck);
  frame(cell, 'worker-1', 'effect', { says });
  frame(cell, 'worker-1', 'effect-applied', { passage: 'held', says });
  cell.fault('requested', 'hold', link('worker-1')).fault('on', 'hold', link('worker-1'));
  cell.deliver('worker-2', struck);
  frame(cell, 'worker-2', 'effect', { says });
  frame(cell, 'worker-2', 'effect-applied', { says });
  cell.fault('healing', 'hold', link('worker-1')).fault('off', 'hold', link('worker-1'));
  frame(cell, 'worker-1', 'effect-applied', { says });
}

describe('the witness of a duplicate', () => {
  test.each([true, false])(
    'is told in the order in which the store answered, however long an answer was held (entries on the wire: %s)',
    (says) => {
      const { story } = witness((cell) => replyHeld(cell, says), 'worker-1', 'worker-2');
      expect(story).toBe(
        `${struck}: delivered to worker-1, effect by worker-1, ` +
          `the store's answer of worker-1 held (hold worker-1>redis), ` +
          'delivered again to worker-2, effect again by worker-2',
      );
    },
  );

  test('tells an answer that was lost on its way once, as an effect and as lost', () => {
    const { story } = witness(
      (cell) => {
        cell.publish(struck).deliver('worker-1', struck);
        frame(cell, 'worker-1', 'effect');
        frame(cell, 'worker-1', 'effect-applied', { passage: 'held' });
        cell.fault('requested', 'cut', link('worker-1')).fault('on', 'cut', link('worker-1'));
        frame(cell, 'worker-1', 'effect-applied', { passage: 'lost' });
        cell.deliver('worker-2', struck);
        frame(cell, 'worker-2', 'effect');
        frame(cell, 'worker-2', 'effect-applied');
      },
      'worker-1',
      'worker-2',
    );
    expect(story).toBe(
      `${struck}: delivered to worker-1, effect by worker-1, the store's answer lost (cut worker-1>redis), ` +
        'delivered again to worker-2, effect again by worker-2',
    );
  });

  test('ends with the frame that carried the second entry of the ledger, not with the second answer', () => {
    const marked = witness(
      (cell) => {
        cell.publish(struck).deliver('worker-1', struck);
        frame(frame(cell, 'worker-1', 'effect'), 'worker-1', 'effect-applied');
        cell.deliver('worker-2', struck);
        frame(frame(cell, 'worker-2', 'effect'), 'worker-2', 'effect-applied');
        cell.deliver('worker-3', struck);
        frame(frame(cell, 'worker-3', 'effect'), 'worker-3', 'effect-applied');
      },
      'worker-1',
      'worker-3',
    );
    expect(marked.story).toMatch(/effect again by worker-3$/);
  });

  test.each([true, false])(
    'ends when the second answer was given, not when it was let go (entries on the wire: %s)',
    (says) => {
      const { story } = witness(
        (cell) => {
          cell.publish(struck).deliver('worker-1', struck);
          frame(cell, 'worker-1', 'effect', { says });
          frame(cell, 'worker-1', 'effect-applied', { says });
          cell.deliver('worker-2', struck);
          frame(cell, 'worker-2', 'effect', { says });
          frame(cell, 'worker-2', 'effect-applied', { passage: 'held', says });
          cell.deliver('worker-1', struck);
          frame(cell, 'worker-2', 'effect-applied', { says });
        },
        'worker-1',
        'worker-2',
      );
      expect(story).toMatch(/effect again by worker-2, the store's answer of worker-2 held$/);
    },
  );

  test('does not believe that what was refused is in the ledger by that command', () => {
    const { story } = witness(
      (cell) => {
        cell.publish(struck).deliver('worker-1', struck);
        frame(frame(cell, 'worker-1', 'effect'), 'worker-1', 'effect-applied');
        cell.deliver('worker-2', struck);
        frame(frame(cell, 'worker-2', 'effect'), 'worker-2', 'effect-refused');
      },
      'worker-1',
      'worker-2',
    );
    expect(story).toMatch(/effect refused to worker-2, 2 effects stand in the ledger$/);
  });

  test.each(['answered', 'unanswered'])(
    "does not take a refused command (%s) for the second effect: that one is a stranger's",
    (how) => {
      const { story } = witness(
        (cell) => {
          cell.publish(struck).deliver('worker-1', struck);
          frame(frame(cell, 'worker-1', 'effect'), 'worker-1', 'effect-applied');
          cell.deliver('worker-2', struck);
          frame(cell, 'worker-2', 'effect');
          if (how === 'answered') frame(cell, 'worker-2', 'effect-refused');
          cell.settle('worker-2', struck);
        },
        'worker-1',
        'nobody',
      );
      expect(story).toMatch(/2 effects stand in the ledger$/);
    },
  );

  test('does not take a refused command for the second effect where frames do not say what they carry', () => {
    const { story } = witness(
      (cell) => {
        cell.publish(struck).deliver('worker-1', struck);
        frame(cell, 'worker-1', 'effect', { says: false });
        frame(cell, 'worker-1', 'effect-applied', { says: false });
        cell.deliver('worker-2', struck);
        frame(cell, 'worker-2', 'effect', { says: false });
        frame(cell, 'worker-2', 'effect-refused', { says: false });
      },
      'worker-1',
      'nobody',
    );
    expect(story).toMatch(/effect refused to worker-2, 2 effects stand in the ledger$/);
  });

  test('takes a command whose answer nobody saw for its effect, where the ledger has its entry', () => {
    const { story } = witness(
      (cell) => {
        cell.publish(struck).deliver('worker-1', struck);
        frame(frame(cell, 'worker-1', 'effect'), 'worker-1', 'effect-applied');
        cell.deliver('worker-2', struck);
        frame(cell, 'worker-2', 'effect');
        cell.deliver('worker-1', struck);
      },
      'worker-1',
      'worker-2',
    );
    expect(story).toMatch(/delivered again to worker-2$/); // not to the third delivery
  });
});
