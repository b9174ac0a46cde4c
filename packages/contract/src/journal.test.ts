import { describe, expect, it } from 'vitest';

import { openTurnJournal } from './journal.ts';

const event = { kind: 'phase', name: 'load' } as const;

describe('a journal that writes once a turn', () => {
  it('writes all that was recorded together in one go, in order', async () => {
    const writes: string[] = [];
    const journal = openTurnJournal((lines) => void writes.push(lines));
    journal.record(event);
    journal.record({ ...event, name: 'settle' });
    expect(writes).toEqual([]);
    await Promise.resolve();
    expect(writes).toHaveLength(1);
    expect(
      writes
        .join('')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).name),
    ).toEqual(['load', 'settle']);
  });

  it('has written an event before whoever awaited after it goes on', async () => {
    const order: string[] = [];
    const journal = openTurnJournal(() => void order.push('written'));
    const attempt = async (): Promise<void> => {
      journal.record(event);
      await Promise.resolve();
      order.push('sent');
    };
    await Promise.all([attempt(), attempt()]);
    expect(order).toEqual(['written', 'sent', 'sent']);
  });

  it('writes at once when it is told to, and nothing twice', async () => {
    const writes: string[] = [];
    const journal = openTurnJournal((lines) => void writes.push(lines));
    journal.record(event);
    journal.flush();
    expect(writes).toHaveLength(1);
    await Promise.resolve();
    expect(writes).toHaveLength(1);
  });
});
