/**
 * A result as CSV, one line a cell (RFC 4180: CRLF, quotes doubled). Every parameter of the setting, what was measured,
 * what law and model say (`law.`, `model.`), the trigger as it was read back, and every gate's value (`gate.`). Columns
 * have the names that `storm-result/2` gives them, where their schema says what they mean. Empty: there is none.
 */
import { muTOf, rhoOf, type LoadOutcome, type StormCell, type StormResult } from '@lab/storm';

type Value = string | number | boolean | null | undefined;

/** @returns a header and a line a cell, each ended by CRLF */
export function renderStormCsv(result: StormResult): string {
  const columns = [
    ...cellColumns,
    ...settingColumns(result),
    ...ratioColumns,
    ...outcomeColumns('', ({ measured }) => measured),
    ...lawColumns,
    ...outcomeColumns('model.', ({ model }) => model),
    ...gateColumns(result),
    ...timingColumns,
  ];
  const lines = [
    columns.map(([name]) => quoted(name)),
    ...result.cells.map((cell) => columns.map(([, valueOf]) => quoted(valueOf(cell)))),
  ];
  return lines.map((values) => `${values.join(',')}\r\n`).join('');
}

type CsvColumn = readonly [name: string, valueOf: (cell: StormCell) => Value];

const cellColumns: readonly CsvColumn[] = [
  ['cell', ({ id }) => id],
  ['study', ({ study }) => study],
  ['block', ({ block }) => block],
  ['ending', ({ ending }) => ending],
  ['valid', ({ valid }) => valid],
  ['agrees', ({ agrees }) => agrees],
];

/** All of the setting, by the names it has in its first cell: the schema lets none be missing. */
function settingColumns({ cells }: StormResult): CsvColumn[] {
  const [first] = cells;
  if (first === undefined) return [];
  return Object.keys(first.setting).map((name): CsvColumn => [
    name,
    ({ setting }) => flat(Object.entries(setting).find(([key]) => key === name)?.[1]),
  ]);
}

function flat(value: Value | readonly number[]): Value {
  return Array.isArray(value) ? value.join(' to ') : (value as Value); // an array was taken care of
}

const ratioColumns: readonly CsvColumn[] = [
  ['rho', ({ setting }) => ratio(rhoOf(setting))],
  ['muT', ({ setting }) => ratio(muTOf(setting))],
  ['D/T', ({ setting }) => ratio(setting.triggerMs / setting.timeoutMs)],
  [
    'K/muT',
    ({ setting }) =>
      setting.queueBound === null ? null : ratio(setting.queueBound / muTOf(setting)),
  ],
  [
    'W/muT',
    ({ setting }) =>
      setting.concurrency === null ? null : ratio(setting.concurrency / muTOf(setting)),
  ],
  ['trigger.label', ({ trigger }) => trigger.label],
  ['trigger.onMs', ({ trigger }) => trigger.onMs],
  ['trigger.offMs', ({ trigger }) => trigger.offMs],
  ['trigger.applied', ({ trigger }) => trigger.applied],
];

const outcomes = [
  'verdict',
  'recoveryMs',
  'watchedMs',
  'goodputBefore',
  'goodputAfter',
  'amplificationBefore',
  'amplificationAfter',
  'amplificationPeak',
  'sentAfter',
  'offered',
  'succeeded',
  'failed',
  'refused',
  'retriesRefused',
  'depthPeak',
  'depthEnd',
  'backlogEnd',
] as const satisfies readonly (keyof LoadOutcome)[];

function outcomeColumns(
  prefix: string,
  outcomeOf: (cell: StormCell) => LoadOutcome | null,
): CsvColumn[] {
  const bounds = [
    ['slopePerS.low', (outcome) => outcome.slopePerS?.low],
    ['slopePerS.high', (outcome) => outcome.slopePerS?.high],
    ['backMs.low', (outcome) => outcome.backMs?.low],
    ['backMs.high', (outcome) => outcome.backMs?.high],
  ] as const satisfies readonly (readonly [string, (outcome: LoadOutcome) => Value])[];
  return [
    ...outcomes.map((name): CsvColumn => [prefix + name, (cell) => outcomeOf(cell)?.[name]]),
    ...bounds.map(([name, valueOf]): CsvColumn => [
      prefix + name,
      (cell) => {
        const outcome = outcomeOf(cell);
        return outcome === null ? null : valueOf(outcome);
      },
    ]),
  ];
}

const lawColumns: readonly CsvColumn[] = [
  ['law', ({ law }) => law.law],
  ['law.aMax', ({ law }) => law.aMax],
  ['law.rhoStar', ({ law }) => law.rhoStar],
  ['law.load', ({ law }) => law.load],
  ['law.verdict', ({ law }) => law.verdict],
  ['law.recoveryMs', ({ law }) => law.recoveryMs],
  ['law.nearEdge', ({ law }) => law.nearEdge],
];

/** A column for the value of each gate, and one that names those that failed. */
function gateColumns({ cells }: StormResult): CsvColumn[] {
  const names = [...new Set(cells.flatMap(({ gates }) => gates.map(({ name }) => name)))];
  return [
    [
      'gatesFailed',
      ({ gates }) =>
        gates
          .filter(({ passed }) => !passed)
          .map(({ name }) => name)
          .join('; '),
    ],
    ...names.map((name): CsvColumn => [
      `gate.${name}`,
      ({ gates }) => gates.find((gate) => gate.name === name)?.value,
    ]),
  ];
}

const timingColumns: readonly CsvColumn[] = [
  ...(['job', 'job-from-send', 'attempt', 'queue-age', 'send-lag'] as const).flatMap((of) =>
    [50, 99].map((percentile): CsvColumn => [
      `${of}.p${percentile}Ms`,
      ({ timings }) =>
        timings
          .find((timing) => timing.of === of && timing.part === 'after')
          ?.percentiles.find(([each]) => each === percentile)?.[1],
    ]),
  ),
  ['cpuPeak', ({ cpuPeak }) => cpuPeak],
  ['attemptsByHop', ({ attemptsByHop }) => attemptsByHop?.join(' ')],
];

function ratio(value: number): number {
  return Number(value.toPrecision(6));
}

/**
 * A text that a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets themselves write it.
 */
function quoted(value: Value): string {
  if (value === null || value === undefined) return '';
  if (typeof value !== 'string') return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
