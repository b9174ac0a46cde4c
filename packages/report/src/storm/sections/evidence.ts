/** What speaks against a result, as tables: where the model was wrong, which cells do not count, what the gates saw. */
import {
  groupsOf,
  isCounted,
  rhoOf,
  type StormCell,
  type StormResult,
  type StormSummary,
} from '@lab/storm';

import { figures, words, type DataTable } from '../draw/data-table.ts';
import { reasonOf } from '../findings.ts';
import { plainNumber, two, verdictWords } from '../numbers.ts';

export function disagreeingTable(
  { cells }: StormResult,
  { agreement: { disagreeing } }: StormSummary,
): DataTable | null {
  if (disagreeing.length === 0) return null;
  const byId = new Map(cells.map((cell) => [cell.id, cell]));
  return {
    caption: 'Cells in which model and measurement differ',
    columns: [
      words('cell'),
      figures('rho'),
      figures('rho A_max'),
      figures('D in T'),
      words('measured'),
      words('model'),
      words('law'),
      figures('goodput'),
      figures('in the model'),
      words('near the edge'),
    ],
    rows: disagreeing.flatMap(({ cell: id, measured, model, law, load, nearEdge }) => {
      const cell = byId.get(id);
      if (cell === undefined) return [];
      const { setting } = cell;
      return [
        [
          id,
          plainNumber(rhoOf(setting)),
          two(load),
          plainNumber(setting.triggerMs / setting.timeoutMs),
          verdictWords[measured],
          verdictWords[model],
          law === null ? 'says nothing' : verdictWords[law],
          cell.measured === null ? '–' : two(cell.measured.goodputAfter),
          two(cell.model.goodputAfter),
          nearEdge ? 'yes' : 'no',
        ],
      ];
    }),
  };
}

export function invalidTable({ cells }: StormResult): DataTable | null {
  const invalid = cells.filter((cell) => !isCounted(cell));
  if (invalid.length === 0) return null;
  return {
    caption: 'Cells that count for nothing, and why',
    columns: [
      words('cell'),
      words('failed gate'),
      words('rule'),
      figures('value'),
      words('ending'),
    ],
    rows: invalid.flatMap((cell) => invalidRows(cell)),
  };
}

function invalidRows(cell: StormCell) {
  const failed = cell.gates.filter(({ passed }) => !passed);
  if (failed.length === 0) return [[cell.id, reasonOf(cell), '–', '–', cell.ending]];
  return failed.map(({ name, rule, value }) => [
    cell.id,
    name,
    rule,
    value === null ? '–' : plainNumber(value),
    cell.ending,
  ]);
}

export function gatesTable({ cells }: StormResult): DataTable {
  const gates = groupsOf(
    cells.flatMap((cell) => cell.gates),
    ({ name }) => name,
  );
  return {
    caption: 'Gates: what a cell must pass to count',
    columns: [
      words('gate'),
      words('rule'),
      figures('passed'),
      figures('lowest'),
      figures('highest'),
    ],
    rows: gates.map((same) => {
      const values = same.flatMap(({ value }) => value ?? []);
      return [
        same[0]?.name ?? '',
        same[0]?.rule ?? '',
        `${same.filter(({ passed }) => passed).length}/${same.length}`,
        values.length === 0 ? '–' : plainNumber(Math.min(...values)),
        values.length === 0 ? '–' : plainNumber(Math.max(...values)),
      ];
    }),
  };
}
