/** Ending brokers that are kept warm: without its descriptor their session is dead, and sweeping clears it. */
import type { SweepReport } from './sweep.ts';
import { sweep } from './sweep.ts';
import { forgetWarm } from './warm.ts';

export async function endWarm(stateDir: string): Promise<SweepReport> {
  forgetWarm(stateDir);
  return sweep();
}
