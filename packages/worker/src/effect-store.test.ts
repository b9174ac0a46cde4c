import { describe, expect, it } from 'vitest';

import { isDefinite, reconnectDelayMs } from './effect-store.ts';

describe('isDefinite', () => {
  it.for([
    ['Redis refused', Object.assign(new Error('WRONGTYPE …'), { name: 'ReplyError' }), true],
    ['never left the process', new Error("Stream isn't writeable and enableOfflineQueue …"), true],
    ['connection ended in flight', new Error('Connection is closed.'), false],
    [
      'retries used up',
      new Error('Reached the max retries per request limit (which is 0).'),
      false,
    ],
    ['not even an error', 'boom', false],
  ] as const)('%s', ([, error, definite]) => {
    expect(isDefinite(error)).toBe(definite);
  });
});

describe('reconnectDelayMs', () => {
  it('doubles from 50 ms and stops at a second, for ever', () => {
    expect([1, 2, 3, 6, 100].map(reconnectDelayMs)).toEqual([50, 100, 200, 1000, 1000]);
  });
});
