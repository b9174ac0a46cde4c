/** A state directory of a test's own, so that it meets no other lab's sessions. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { disown, storedSessions } from '../session.ts';
import { sweep } from '../sweep.ts';
import { forgetWarm } from '../warm.ts';

export interface OwnState extends AsyncDisposable {
  readonly directory: string;
}

/** Points LAB_STATE at a fresh directory until disposed. */
export function ownState(): OwnState {
  const before = process.env['LAB_STATE'];
  const directory = mkdtempSync(path.join(tmpdir(), 'lab state-')); /* homes have spaces */
  process.env['LAB_STATE'] = directory;
  return {
    directory,
    async [Symbol.asyncDispose]() {
      // What a failed test did not end is given up and swept, as after a kill.
      for (const session of storedSessions(directory)) disown(session.directory);
      forgetWarm(directory);
      await sweep();
      if (before === undefined) delete process.env['LAB_STATE'];
      else process.env['LAB_STATE'] = before;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
