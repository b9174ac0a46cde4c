import { describe, expect, test } from 'vitest';

import { collectReporter, commandLine, duration, positiveNumber, wholeNumber } from './words.ts';

describe('duration', () => {
  test.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1.6s', 1600],
    ['2m', 120_000],
    ['1500', 1500],
  ])('%s is %i ms', (text, ms) => expect(duration(text)).toBe(ms));

  test.each(['0', '0s', '-1s', '1.s', '3h', '', 's', '1 s', '1e3'])('%j is none', (text) => {
    expect(() => duration(text)).toThrow(`expected a duration such as 30s or 500ms, got "${text}"`);
  });
});

describe('numbers', () => {
  test('whole numbers from 0', () => {
    expect(wholeNumber('0')).toBe(0);
    expect(wholeNumber('42')).toBe(42);
  });
  test.each(['-1', '1.5', 'x', '', '1e3', '0x10', '1234567890'])('%j is none', (text) => {
    expect(() => wholeNumber(text)).toThrow(/whole number/);
  });
  test('a count is at least 1', () => {
    expect(positiveNumber('1')).toBe(1);
    expect(() => positiveNumber('0')).toThrow(/at least 1/);
  });
});

describe('reporters', () => {
  test('are collected in their order, with or without a file', () => {
    const one = collectReporter('junit=out/a=b.xml');
    expect(collectReporter('markdown', one)).toEqual([
      { name: 'junit', file: 'out/a=b.xml' },
      { name: 'markdown' },
    ]);
  });
  test('an unknown one is answered with those there are', () => {
    expect(() => collectReporter('html')).toThrow(
      'expected one of pretty, json, junit, markdown, github, got "html"',
    );
  });
  test('an empty file name is a slip', () => {
    expect(() => collectReporter('junit=')).toThrow('expected a file name after "junit="');
  });
});

describe('commandLine', () => {
  test('plain words stay as they are', () => {
    expect(commandLine(['001', '--cell', 'rabbitmq/reproduce', '--reporter', 'junit=a.xml'])).toBe(
      '001 --cell rabbitmq/reproduce --reporter junit=a.xml',
    );
  });
  test('what a shell would read otherwise is quoted', () => {
    expect(commandLine(['a b', "it's", '$HOME', '', '#1', 'a;b'])).toBe(
      String.raw`'a b' 'it'\''s' '$HOME' '' '#1' 'a;b'`,
    );
  });
});
