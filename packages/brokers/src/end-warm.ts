/** Ending brokers that are kept warm: without its descriptor their session is dead, and sweeping clears it. */
import type { SweepReport } from './sweep.ts';
import { sweep } from './sweep.ts';
import { forgetWarm } from './warm.ts';

/** @param options.kept true clears what `--keep` left, too. */
export async function endWarm(
  stateDir: string,
  options: { readonly kept?: boolean } = {},
): Promise<SweepReport> {
  forgetWarm(stateDir);
  return sweep(options);
}
