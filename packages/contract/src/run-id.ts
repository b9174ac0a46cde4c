/** Ids of a cell's runs: `rabbitmq/reproduce#017` is its seventeenth, `rabbitmq/reproduce#017@2` that one run again. */

/** @param number from 1 */
export function repeatId(cell: string, number: number): string {
  return `${cell}#${String(number).padStart(3, '0')}`;
}

/** @param id of any of its runs. @param run from 2 */
export function rerunId(id: string, run: number): string {
  return `${firstRunId(id)}@${run}`;
}

/** The id without its `@2`. */
export function firstRunId(id: string): string {
  return id.replace(/@\d$/, '');
}

/** The cell whose run it is. */
export function cellOfRun(id: string): string {
  return firstRunId(id).replace(/#\d+$/, '');
}
