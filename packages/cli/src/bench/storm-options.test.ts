import { Command } from 'commander';
import { describe, expect, test } from 'vitest';

import { addStormOptions, type StormWords } from './storm-options.ts';

/** What the words come to, or the message they are refused with. */
function parsed(...words: string[]): StormWords | string {
  let message = '';
  const command = addStormOptions(new Command('storm').exitOverride()).configureOutput({
    writeErr: (text) => void (message += text),
  });
  try {
    return command.parse(words, { from: 'user' }).opts<StormWords>();
  } catch {
    return message;
  }
}

describe('words of fm bench storm', () => {
  test('lists, numbers, durations', () => {
    expect(
      parsed(
        ...'--policies none,immediate,none --sweep RHO,d --rho .25 --seeds 3 --duration 1.6s'.split(
          ' ',
        ),
      ),
    ).toMatchObject({
      policies: ['none', 'immediate'],
      sweep: ['rho', 'D'],
      rho: 0.25,
      duration: 1600,
      seeds: 3,
    });
  });

  test('what is not said is what the profile has', () => {
    expect(parsed()).toEqual({ profile: 'fast', parallel: 6 });
  });

  test('a comparison takes two results', () => {
    expect(parsed('--compare', 'one', 'other')).toMatchObject({ compare: ['one', 'other'] });
  });

  test.each<[string[], RegExp]>([
    [['--profile', 'quick'], /Allowed choices are demo, fast, full/],
    [['--topology', 'ring'], /Allowed choices are rpc, in-slot/],
    [['--trigger', 'earthquake'], /Allowed choices are stall, blackhole/],
    [['--rho', '70'], /a share of the capacity above 0 and below 2, got "70"/],
    [['--rho', 'high'], /a share of the capacity above 0 and below 2, got "high"/],
    [['--duration', 'long'], /a duration such as 30s or 500ms, got "long"/],
    [['--sweep', 'rho,X'], /no axis is named "X"; take: rho, D, K, W/],
    [['--studies', 'maps'], /no study is named "maps"; take: policies, map/],
    [['--policies', 'none,,grpc'], /names of a policy, separated by commas/],
    [['--seeds', '0'], /at least 1/],
    [['--parallel', 'all'], /a whole number, got "all"/],
  ])('%j is refused', (words, message) => {
    expect(parsed(...words)).toMatch(message);
  });
});
