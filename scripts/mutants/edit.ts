/** Applying a mutant to text. Pure. */
import { ran, type Edit } from './mutant.ts';

/** The mutant's text is no longer what the code says, so the mutant says nothing any more. */
export class EditDoesNotApply extends Error {
  override readonly name = 'EditDoesNotApply';
}

/**
 * @param note what stands for `ran`
 * @throws EditDoesNotApply unless the text to replace is there exactly once and something changes
 */
export function applyEdit(text: string, { file, find, replace }: Edit, note: string): string {
  const times = find === '' ? 0 : text.split(find).length - 1;
  if (times !== 1) {
    const where = times === 0 ? 'is not there' : `is there ${times} times`;
    throw new EditDoesNotApply(`${file}: the text to replace ${where}: ${firstLine(find)}`);
  }
  if (find === replace) throw new EditDoesNotApply(`${file}: the edit changes nothing`);
  return text.replace(find, () => replace.replaceAll(ran, () => note));
}

/** An expression that appends the number to the file, once a process, and is true. */
export function noteTo(file: string, number: number): string {
  const append = `globalThis.process.getBuiltinModule('node:fs').appendFileSync(${JSON.stringify(file)}, '${number}\\n')`;
  return `((globalThis.mutantRan ??= {})[${number}] ??= (${append}, true))`;
}

function firstLine(text: string): string {
  const [line = ''] = text.trim().split('\n');
  return JSON.stringify(line);
}
