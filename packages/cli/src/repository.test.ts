import { expect, test } from 'vitest';

import { typed } from './repository.ts';

test.each([
  ['/home/me/lab/runs/a', 'runs/a'],
  ['/home/me/other/runs/a', '/home/me/other/runs/a'],
  ['/home/me/lab', '/home/me/lab'],
  ['/home/me', '/home/me'],
  ['/home/me/lab/..runs/a', '..runs/a'],
])('%s is typed as %s', (path, shown) => expect(typed(path, '/home/me/lab')).toBe(shown));
