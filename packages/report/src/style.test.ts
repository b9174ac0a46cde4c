import { describe, expect, test } from 'vitest';

import { decideStyle } from './style.ts';

const terminal = { isTTY: true, columns: 100 };
const pipe = {};

describe('colour, in order of precedence', () => {
  test.each([
    // flag, environment, stream -> colour
    [true, { NO_COLOR: '1', TERM: 'dumb' }, pipe, true],
    [false, { FORCE_COLOR: '1' }, terminal, false],
    [undefined, { NO_COLOR: '1', FORCE_COLOR: '1' }, terminal, false],
    [undefined, { NO_COLOR: '' }, terminal, true],
    [undefined, { NO_COLOR: '', FORCE_COLOR: '1' }, pipe, true],
    [undefined, { FORCE_COLOR: '1', TERM: 'dumb' }, pipe, true],
    [undefined, { FORCE_COLOR: '0' }, terminal, false],
    [undefined, { FORCE_COLOR: '' }, pipe, false],
    [undefined, { TERM: 'dumb' }, terminal, false],
    [undefined, { CI: '1' }, pipe, false],
    [undefined, {}, terminal, true],
    [undefined, {}, pipe, false],
  ])('flag %s, environment %j, stream %j gives %s', (flag, env, stream, color) => {
    expect(decideStyle(env, stream, flag).color).toBe(color);
  });
});

describe('glyphs', () => {
  test.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C.utf8' }, true],
    [{ LANG: 'C' }, false],
    [{}, false],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, false],
    [{ LC_ALL: '', LC_CTYPE: 'de_DE.UTF-8', LANG: 'C' }, true],
    [{ LANG: 'en_US.UTF-8', TERM: 'linux' }, false],
  ])('under %j are Unicode: %s', (env, unicode) => {
    expect(decideStyle(env, terminal).unicode).toBe(unicode);
  });
});

test.each([
  [undefined, 100],
  [40, 80],
  [80, 80],
  [240, 120],
])('%s columns are drawn as %i', (columns, width) => {
  expect(decideStyle({}, { columns }).width).toBe(width);
});
