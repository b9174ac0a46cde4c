/** `fm explain 001`: the bundle's spec: invariant, trigger, fault point, guard, placebos, recovery, evidence. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { failureModesDir } from '../repository.ts';

export function explainCommand(id: string): void {
  process.stdout.write(readFileSync(join(failureModesDir, id, 'spec.md'), 'utf8'));
}
