import type { LoadOutcome, StormCell } from '@lab/storm';
import { describe, expect, test } from 'vitest';

import { renderStormVerdicts } from './storm-demo.ts';
import type { Style } from './style.ts';

const style: Style = { color: false, unicode: true, width: 100 };

const outcome: LoadOutcome = {
  verdict: 'stuck',
  recoveryMs: null,
  slopePerS: null,
  backMs: null,
  watchedMs: 12_000,
  goodputBefore: 1,
  goodputAfter: 0,
  amplificationBefore: 1,
  amplificationAfter: 3.98,
  amplificationPeak: 4.4,
  sentAfter: 3.98,
  offered: 4600,
  succeeded: 800,
  failed: 3500,
  refused: 0,
  retriesRefused: 0,
  depthPeak: 10_000,
  backlogEnd: 0,
  depthEnd: 10_000,
};

/** Only what a verdict looks at. */
function cell(policy: string, measured: LoadOutcome | null, change: object = {}): StormCell {
  const law = { law: 'critical utilisation', verdict: 'stuck', recoveryMs: null, aMax: 4 };
  return {
    setting: { policy, trigger: 'stall' },
    measured,
    ending: measured === null ? 'timed out: the client is ready' : 'completed',
    gates: [],
    valid: measured !== null,
    law,
    model: outcome,
    ...change,
  } as unknown as StormCell; // the rest of a cell is not looked at
}

const back: LoadOutcome = {
  ...outcome,
  verdict: 'recovered',
  recoveryMs: 4100,
  goodputAfter: 1.02,
  amplificationAfter: 1,
};

describe('the verdicts of a demonstration', () => {
  test('are plain sentences with the prediction under each', () => {
    const law = { law: 'drain time', verdict: 'recovered', recoveryMs: 3800, aMax: 1.1 };
    const cells = [cell('immediate', outcome), cell('token-bucket', back, { law, model: back })];
    expect(renderStormVerdicts(cells, style)).toMatchInlineSnapshot(`
      [
        "immediate: not back 12 s after the stall was over: 0 % of jobs succeed, at 3.98 attempts a job.",
        "  predicted by law (critical utilisation): stays, at 4.00 attempts a job; by the model: not back",
        "  after 12.0 s, 3.98 attempts a job",
        "token-bucket: it came back by itself 4.1 s after the stall was over: in the end 100 % of jobs",
        "succeed, at 1.00 attempts a job.",
        "  predicted by law (drain time): recovers in 3.8 s; by the model: recovers in 4.1 s",
      ]
    `);
  });

  test.each(['stuck', 'draining', 'undecided'] as const)(
    'say of a load that is %s that it is not back, and no more',
    (verdict) => {
      const text = renderStormVerdicts([cell('grpc', { ...outcome, verdict })], style).join(' ');
      expect(text).toContain('grpc: not back 12 s after the stall was over');
      expect(text).not.toContain('stuck');
    },
  );

  test('say why a cell was not measured', () => {
    const text = renderStormVerdicts([cell('grpc', null)], style).join(' ');
    expect(text).toContain('grpc: not measured (timed out: the client is ready).');
  });

  test('say once which conditions were not met', () => {
    const gates = [{ name: 'host CPU', rule: 'host CPU <= 0.7', value: 0.9, passed: false }];
    const doubtful = { gates, valid: false };
    const text = renderStormVerdicts(
      [cell('immediate', outcome, doubtful), cell('none', back, doubtful)],
      style,
    ).join(' ');
    expect(text).toContain('2 of 2 of these do not count, because not met: host CPU <= 0.7.');
  });
});
