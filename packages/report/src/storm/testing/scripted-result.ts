/**
 * A storm result made by rule, for tests: every study in it, no broker and no simulator. A load is stuck where rho A_max is
 * above 1 and its trigger is longer than 1.4 T; then it makes A_max attempts a job and answers none. Outcomes are read from
 * the made-up windows by the same function that reads measured ones.
 */
import {
  plainLoad,
  loadCounts,
  loadMsOf,
  windowMsOf,
  type LoadCount,
  type LoadCounts,
  type LoadSetting,
} from '@lab/contract';
import {
  outcomeOf,
  predictByLaw,
  type LoadSeries,
  type StormCell,
  type StormResult,
  type Study,
} from '@lab/storm';

const base: LoadSetting = {
  topology: 'rpc',
  transport: 'rabbitmq',
  policy: 'none',
  seed: 1,
  slots: 8,
  serviceMs: 16,
  capacityPerS: 500,
  offeredPerS: 350,
  timeoutMs: 200,
  attempts: 4,
  clients: 10,
  warmUpMs: 2400,
  trigger: 'stall',
  triggerMs: 1600,
  observeMs: 9600,
  ...plainLoad,
  spikeFactor: 2.5,
  addedLatencyMs: 200,
};

export interface Scripted {
  readonly policies: readonly string[];
  readonly seeds: readonly number[];
  readonly studies: readonly Study[];
}

/** Three policies, two seeds and an invalid cell: what the golden files are rendered from. */
export function smallResult(): StormResult {
  return scriptedResult({
    policies: ['none', 'immediate', 'token-bucket'],
    seeds: [1, 2],
    studies: ['policies'],
  });
}

/** Every study, so every plot. */
export function fullResult(): StormResult {
  return scriptedResult({
    policies: ['none', 'immediate', 'full-jitter', 'token-bucket', 'bounded-queue-reject'],
    seeds: [1, 2, 3],
    studies: ['policies', 'map', 'bound', 'pool', 'ramp', 'cost', 'latency', 'layers', 'triggers'],
  });
}

export function scriptedResult({ policies, seeds, studies }: Scripted): StormResult {
  const cells = studies.flatMap((study) =>
    settingsOf(study, policies).flatMap((setting, index) =>
      seeds.map((seed) => cellOf(study, index, { ...setting, seed })),
    ),
  );
  return {
    schema: 'storm-result/2',
    command: 'pnpm fm bench storm --profile full',
    profile: 'full',
    startedAt: '2026-11-21T03:15:00.000Z',
    tookMs: 754_000,
    commit: '0123456789abcdef0123456789abcdef01234567',
    machine: {
      cores: 2,
      processor: 'a processor',
      memoryGiB: 7.7,
      os: 'Linux 6.1',
      loadAverage: 0.4,
    },
    versions: { node: '24.12.0', rabbitmq: '3.10.8', redis: '7.0.15', toxiproxy: '2.12.0' },
    runtime: 'local',
    conditions: { arrivals: 'open loop, Poisson', 'request queue': 'classic, transient' },
    seeds: [...seeds],
    sideBySide: 8,
    calibrations: [
      {
        topology: 'rpc',
        transport: 'rabbitmq',
        slots: 8,
        serviceMs: 16,
        nominalPerS: 500,
        measuredPerS: [489.5, 492.25],
        capacityPerS: 490.9,
        sideBySide: 8,
      },
    ],
    policies: policies.map((name) => policyFacts(name)),
    cells: withOneInvalid(cells),
    interrupted: false,
    planned: cells.length,
  };
}

function policyFacts(name: string): StormResult['policies'][number] {
  const { aMax, rhoStar } = predictByLaw({ ...base, policy: name });
  return {
    name,
    title: name.replaceAll('-', ' '),
    family: 'attempts',
    summary: `What ${name} does.`,
    source: 'a source',
    aMax,
    beta: name === 'token-bucket' ? 0.1 : null,
    reserve: name === 'token-bucket' ? 5 : null,
    rhoStar,
    parameters: { attempts: 4, order: 'fifo' },
  };
}

function settingsOf(study: Study, policies: readonly string[]): LoadSetting[] {
  const each = (change: (policy: string) => Partial<LoadSetting>): LoadSetting[] =>
    policies.map((policy) => ({ ...base, policy, ...change(policy) }));
  const immediate = { ...base, policy: 'immediate' };
  const muT = (base.capacityPerS * base.timeoutMs) / 1000;
  const sizes = [0.8, 1, 1.2].map((parts) => Math.round(parts * muT));
  switch (study) {
    case 'policies':
      return each(() => ({}));
    case 'map':
      return [
        ...[0.15, 0.4, 0.7].flatMap((rho) =>
          [1, 2, 4].map((parts) => ({
            ...immediate,
            offeredPerS: rho * base.capacityPerS,
            triggerMs: parts * base.timeoutMs,
          })),
        ),
        ...[0.4, 0.45, 0.55, 0.6].map((rho) => ({
          ...immediate,
          attempts: 2,
          offeredPerS: rho * base.capacityPerS,
          observeMs: 2 * base.observeMs,
        })),
      ];
    case 'bound':
      return sizes.map((queueBound) => ({ ...base, policy: 'bounded-queue-reject', queueBound }));
    case 'pool':
      return sizes.map((concurrency) => ({ ...immediate, topology: 're-enqueue', concurrency }));
    case 'ramp':
      return each(() => ({
        trigger: 'none',
        triggerMs: 0,
        warmUpMs: 0,
        observeMs: 24_000,
        ramp: [0.1, 1.3],
      }));
    case 'cost':
      return [0.1, 0.5].flatMap((failureRate) =>
        each(() => ({ trigger: 'none', triggerMs: 0, failureRate, offeredPerS: 150 })),
      );
    case 'latency':
      return [immediate, { ...immediate, closedCallers: 8 }];
    case 'layers':
      return [1, 2, 3].map((hops) => ({
        ...immediate,
        topology: 'layers',
        trigger: 'outage',
        attempts: 3,
        triggerMs: 8000,
        offeredPerS: 10,
        hops,
      }));
    case 'triggers':
      return (['blackhole', 'spike'] as const).flatMap((trigger) => each(() => ({ trigger })));
  }
}

function cellOf(study: Study, block: number, setting: LoadSetting): StormCell {
  const series = seriesOf(setting);
  const outcome = outcomeOf(series, setting);
  const { policy, seed, trigger } = setting;
  return {
    id: `${study}/${policy}-${block}/s${seed}`,
    study,
    block,
    setting,
    measured: outcome,
    ending: 'completed',
    gates: [
      {
        name: 'goodput before',
        rule: 'goodput before the trigger >= 0.98',
        value: outcome.goodputBefore,
        passed: true,
      },
    ],
    valid: true,
    law: predictByLaw(setting),
    model: outcome,
    agrees: true,
    trigger: {
      label: trigger === 'none' ? null : trigger,
      onMs: series.triggerOnMs,
      offMs: series.triggerOffMs,
      applied: trigger === 'none' ? null : 'read back',
    },
    windowMs: series.windowMs,
    series: Object.fromEntries(
      Object.entries(series.columns).map(([name, values]) => [name, [...values]]),
    ),
    timings: timingsOf(setting),
    cpuPeak: 0.4,
  };
}

/** Whether half of what was said above holds; an odd seed needs a longer trigger, so that some steps go both ways. */
function sticks(setting: LoadSetting): boolean {
  const { aMax } = predictByLaw(setting);
  const rho = setting.offeredPerS / setting.capacityPerS;
  const size = setting.queueBound ?? setting.concurrency;
  const muT = (setting.capacityPerS * setting.timeoutMs) / 1000;
  const longEnough = setting.triggerMs > (setting.seed % 2 === 1 ? 2.5 : 1.4) * setting.timeoutMs;
  const largeEnough = size === null ? setting.policy !== 'bounded-queue-reject' : size >= 1.1 * muT;
  return setting.trigger !== 'none' && rho * aMax > 1 && longEnough && largeEnough;
}

function seriesOf(setting: LoadSetting): LoadSeries {
  const windowMs = windowMsOf(setting);
  const windows = Math.floor(loadMsOf(setting) / windowMs);
  const onMs = setting.warmUpMs;
  const offMs = onMs + setting.triggerMs;
  const troubled = setting.trigger !== 'none';
  const stuck = sticks(setting);
  const perWindow = (setting.offeredPerS * windowMs) / 1000;
  const aMax =
    setting.topology === 'layers' ? setting.attempts ** setting.hops : predictByLaw(setting).aMax;
  const lines = Array.from({ length: windows }, (_, window): LoadCounts => {
    const atMs = window * windowMs;
    const broken = troubled && atMs >= onMs && (stuck || atMs < offMs + 2 * windowMs);
    const offered = Math.round(perWindow * (1 + 0.02 * Math.sin(window + setting.seed)));
    const attempts = broken ? aMax : 1;
    return {
      offered,
      succeeded: broken ? 0 : offered,
      failed: broken ? offered : 0,
      reached: Math.round(offered * attempts),
      sent: Math.round(offered * attempts),
      depth: broken ? Math.round((perWindow * (atMs - onMs)) / windowMs) : 2,
    };
  });
  const columns = Object.fromEntries(
    loadCounts.map((name) => [name, lines.map((line) => line[name] ?? 0)]),
  ) as Record<LoadCount, number[]>; // a column for every count
  return {
    windowMs,
    triggerOnMs: troubled ? onMs : null,
    triggerOffMs: troubled ? offMs : null,
    columns,
  };
}

function timingsOf({ closedCallers }: LoadSetting): StormCell['timings'] {
  const percentiles = [0, 50, 90, 99, 99.9, 100];
  const curve = (factor: number): [number, number][] =>
    percentiles.map((percentile, step) => [percentile, factor * (step + 1) ** 2]);
  const summary = { part: 'after' as const, count: 900, censored: 3, meanMs: 20, maxMs: 400 };
  return [
    { ...summary, of: 'job', percentiles: curve(closedCallers === null ? 4 : 40) },
    { ...summary, of: 'job-from-send', percentiles: curve(4) },
  ];
}

/** A cell that missed a gate, and one in which the model was wrong. */
function withOneInvalid(cells: readonly StormCell[]): StormCell[] {
  return cells.map((cell, index) => {
    if (index === 1)
      return {
        ...cell,
        valid: false,
        agrees: null,
        gates: [{ name: 'generator lag', rule: 'p99 <= 5 ms', value: 7.25, passed: false }],
      };
    if (index !== 2) return cell;
    const model = { ...cell.model, verdict: 'stuck' as const, recoveryMs: null };
    return { ...cell, model, agrees: false };
  });
}
