import type { CellSpec, History, RunHeader } from '@lab/contract';
import type { Conclusion, Judgement, RunJudgement } from '@lab/invariants';

/** How text may look. Decided once, at the edge, and passed down. */
export interface Style {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns. */
  readonly width: number;
}

/** @param flag `--color` (true), `--no-color` (false), or neither. */
export declare function decideStyle(
  env: Readonly<Record<string, string | undefined>>,
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  flag?: boolean,
): Style;

/** The final tables, one per transport, the witness story, the verdict and the versions. Ends in a newline. */
export declare function renderGrid(
  run: RunHeader,
  judgement: RunJudgement,
  history: History,
  style: Style,
): string;
/** One append-only line (and, when contrary or inconclusive, the reasons below it) when a cell ends. */
export declare function renderCellLine(cell: Judgement, style: Style): string;
/** The last lines of every run: where it lies, how to run it again. */
export declare function renderFooter(run: RunHeader, directory: string, style: Style): string;

/** One cell over many runs. */
export interface RepeatedCell {
  readonly spec: CellSpec;
  readonly runs: readonly { readonly conclusion: Conclusion; readonly fingerprint: string }[];
}
export declare function renderRepeat(
  run: RunHeader,
  cells: readonly RepeatedCell[],
  style: Style,
): string;

/** The `fm-result/1` document as text. */
export declare function toJson(run: RunHeader, judgement: RunJudgement, history: History): string;
export declare function toJUnit(run: RunHeader, judgement: RunJudgement, history: History): string;
export declare function toMarkdown(
  run: RunHeader,
  judgement: RunJudgement,
  history: History,
): string;
