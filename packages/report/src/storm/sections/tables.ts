/** The tables of the page that stand below the plots. */
import { triggerKinds } from '@lab/contract';
import {
  groupsOf,
  measuredCount,
  muTOf,
  recoveryTimes,
  troubledCells,
  type StormResult,
} from '@lab/storm';

import { policyGroups, modelCount } from '../cells.ts';
import { figures, words, type DataTable } from '../draw/data-table.ts';
import { markup } from '../draw/markup.ts';
import {
  interval,
  middle,
  ofAll,
  percent,
  plainNumber,
  seconds,
  tookWords,
  triggerWords,
  two,
} from '../numbers.ts';

export function policiesTable(result: StormResult): DataTable {
  const measured = new Map(
    policyGroups(result).map((cells) => [cells[0]?.setting.policy ?? '', measuredCount(cells)]),
  );
  return {
    caption: 'Policies, what bounds them and where they come from',
    columns: [
      words('policy'),
      words('what it does'),
      words('parameters'),
      figures('A_max'),
      figures('beta'),
      figures('reserve'),
      figures('rho*'),
      figures('stuck'),
      words('source'),
    ],
    rows: result.policies.map((policy) => {
      const tally = measured.get(policy.name);
      return [
        markup`<span id="policy-${idOf(policy.name)}">${policy.name}</span>`,
        policy.summary,
        Object.entries(policy.parameters)
          .map(
            ([name, value]) => `${name} ${typeof value === 'number' ? plainNumber(value) : value}`,
          )
          .join(', '),
        plainNumber(policy.aMax),
        policy.beta === null ? '–' : plainNumber(policy.beta),
        policy.reserve === null ? '–' : plainNumber(policy.reserve),
        plainNumber(policy.rhoStar),
        tally === undefined ? '–' : ofAll(tally),
        policy.source,
      ];
    }),
  };
}

function idOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9-]/g, '-');
}

/** The same policies under every trigger; null where that was not measured. */
export function triggersTable(result: StormResult): DataTable | null {
  const rank = new Map(result.policies.map(({ name }, index) => [name, index]));
  const cells = troubledCells(result, 'triggers').toSorted(
    (a, b) =>
      triggerKinds.indexOf(a.setting.trigger) - triggerKinds.indexOf(b.setting.trigger) ||
      (rank.get(a.setting.policy) ?? 0) - (rank.get(b.setting.policy) ?? 0),
  );
  if (cells.length === 0) return null;
  return {
    caption: 'Every trigger: how many seeds stayed stuck',
    columns: [
      words('trigger'),
      words('policy'),
      figures('stuck'),
      figures('95 % interval'),
      figures('model'),
      figures('attempts a job at the end'),
      words('time to recover'),
    ],
    rows: groupsOf(cells, ({ setting }) => [setting.trigger, setting.policy].join()).map(
      (members) => {
        const [first] = members;
        const tally = measuredCount(members);
        const { medianMs, censored } = recoveryTimes(members);
        return [
          first === undefined ? '' : triggerWords[first.setting.trigger],
          first?.setting.policy ?? '',
          ofAll(tally),
          interval(tally),
          ofAll(modelCount(members)),
          two(middle(members.map(({ measured }) => measured.amplificationAfter)) ?? 0),
          medianMs === null
            ? 'not seen'
            : `${seconds(medianMs)} (${members.length - censored} of ${members.length} came back)`,
        ];
      },
    ),
  };
}

export function calibrationTable({ calibrations }: StormResult): DataTable {
  return {
    caption:
      'Capacity, measured before the cells: saturated, closed loop, as many side by side as the cells',
    columns: [
      words('topology'),
      words('transport'),
      figures('slots'),
      figures('service ms'),
      figures('nominal /s'),
      figures('mu, measured /s'),
      figures('of nominal'),
      words('each of those side by side'),
    ],
    rows: calibrations.map(
      ({ topology, transport, slots, serviceMs, nominalPerS, capacityPerS, measuredPerS }) => [
        topology,
        transport,
        slots,
        plainNumber(serviceMs),
        plainNumber(nominalPerS),
        plainNumber(capacityPerS),
        percent(capacityPerS / nominalPerS),
        measuredPerS.map((each) => each.toFixed(1)).join(', '),
      ],
    ),
  };
}

export function conditionsTable(result: StormResult): DataTable {
  const { machine, versions, conditions, seeds, runtime, commit, startedAt, tookMs } = result;
  const muTs = [...new Set(result.cells.map(({ setting }) => Math.round(muTOf(setting))))];
  const facts: (readonly [string, string])[] = [
    [
      'machine',
      `${machine.cores} cores, ${machine.processor}, ${plainNumber(machine.memoryGiB)} GiB, ${machine.os}`,
    ],
    [
      'load average when it began',
      machine.loadAverage === null ? 'unknown' : two(machine.loadAverage),
    ],
    ['runtime', runtime],
    ...Object.entries(versions),
    ...Object.entries(conditions),
    ['mu T', muTs.join(', ')],
    ['seeds', seeds.join(', ')],
    [
      'cells',
      `${result.cells.length} of ${result.planned} planned, ${result.sideBySide} side by side`,
    ],
    ['began', startedAt],
    ['took', tookWords(tookMs)],
    ['commit', commit],
  ];
  return {
    caption: 'Machine, versions, conditions and seeds',
    columns: [words('what'), words('value')],
    rows: facts.map(([name, value]) => [name, value]),
  };
}
