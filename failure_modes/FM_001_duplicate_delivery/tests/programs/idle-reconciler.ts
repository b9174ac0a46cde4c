/** A reconciler that restores nothing and says that all is well. */
import { writeSync } from 'node:fs';

writeSync(process.stdout.fd, '{"found":{},"repaired":0}\n');
