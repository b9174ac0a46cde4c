/** After the damage the reconciler restores the invariant, and a second run of it changes nothing. */
import type { Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { bundleTest, withoutFault } from '../../test-laboratory.ts';
import mode from '../scenario.ts';

const { cells, changed } = bundleTest(mode);

describe.each<Transport>(['rabbitmq', 'bullmq'])('on %s', (transport) => {
  test('the second effect is compensated once, and never again', async () => {
    const [cell] = await cells(transport, ({ role }) => role === 'recover');
    expect(cell).toMatchObject({ conclusion: 'as expected', reasons: [] });
    expect(cell?.recovery).toMatchObject({
      rounds: [
        { round: 1, exitCode: 0, repairs: 1 },
        { round: 2, exitCode: 0, repairs: 0 },
      ],
      before: { duplicatedKeys: cell?.faults[0]?.struckKeys.slice(0, 1) },
      after: { duplicatedKeys: [], missingKeys: [], compensations: 1 },
      second: { duplicatedKeys: [], missingKeys: [], compensations: 1 },
    });
  });

  test('recovery that had nothing to restore proves nothing', async () => {
    const [cell] = await changed(transport, ({ role }) => role === 'recover', withoutFault);
    expect(cell?.conclusion).not.toBe('as expected');
  });
});
