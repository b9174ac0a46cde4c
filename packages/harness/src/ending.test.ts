import { ConditionTimeout } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { endingOf, expectAllCleared } from './ending.ts';

const timeout = new ConditionTimeout('the queue is empty', 500);
const leftBehind = thrownBy(() =>
  expectAllCleared([
    { status: 'fulfilled', value: undefined },
    { status: 'rejected', reason: new Error('the vhost is still there') },
  ]),
);

function thrownBy(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a cell that threw', () => {
  test('did not complete, and says why', () => {
    expect(endingOf(timeout, false)).toBe(
      'timed out: waited 500 ms for "the queue is empty" and it did not come',
    );
    expect(endingOf(new Error('wrong door'), false)).toBe('crashed: wrong door');
    expect(endingOf('wrong door', false)).toBe('crashed: wrong door');
  });

  test('names both what ended it and what could not be cleared up', () => {
    const both = new SuppressedError(leftBehind, timeout);
    expect(endingOf(both, false)).toMatch(
      /^timed out: waited .*; then, clearing up: crashed: the cell left something behind: Error: the vhost/,
    );
  });

  test('was aborted when the run was, whatever its waits threw', () => {
    expect(endingOf(timeout, true)).toBe('aborted');
    expect(endingOf(new SuppressedError(leftBehind, timeout), true)).toBe(
      'aborted; the cell left something behind: Error: the vhost is still there',
    );
  });
});

test('what was cleared is no error', () => {
  expect(() => expectAllCleared([{ status: 'fulfilled', value: undefined }])).not.toThrow();
});
