import type { RegistryEntry } from '@lab/brokers';
import { expect, test } from 'vitest';

import { keptLines } from './kept.ts';

const entries: RegistryEntry[] = [
  { kind: 'port', port: 1 },
  {
    kind: 'vhost',
    name: 'reliability-lab-a-x',
    managementUrl: 'http://lab:secret@127.0.0.1:15672',
    lasting: true,
  },
  {
    kind: 'keys',
    prefix: 'reliability-lab-a:x',
    url: 'redis://u:secret@127.0.0.1:6379/0',
    lasting: true,
  },
];

test("shows the way to what is kept, with the password of the lab's own brokers", () => {
  expect(keptLines(entries, 'local')).toEqual([
    'kept  vhost reliability-lab-a-x on http://lab:secret@127.0.0.1:15672',
    '      keys  *reliability-lab-a:x* on redis://u:secret@127.0.0.1:6379/0',
    'clear pnpm fm down',
  ]);
});

test("keeps the password of somebody else's brokers to itself", () => {
  expect(keptLines(entries, 'attached').join('\n')).not.toContain('secret');
});

test('says nothing when nothing was made', () => {
  expect(keptLines([{ kind: 'port', port: 1 }], 'local')).toEqual([]);
});
