import { expect, it } from 'vitest';

import { isOlder } from './version.ts';

it.each([
  ['3.7.28', '3.8', true],
  ['3.8.0', '3.8', false],
  ['3.10.8', '3.8', false],
  ['4.0.5', '3.8', false],
  ['6.0.16', '6.2', true],
  ['6.2.0', '6.2', false],
  ['7', '6.2', false],
  ['5', '6.2', true],
  ['4.1.0-beta.2', '4.1', false],
  ['v2.4.0', '2.5', true],
  ['unknown', '3.8', false],
])('%s is older than %s: %s', (version, oldest, older) => {
  expect(isOlder(version, oldest)).toBe(older);
});
