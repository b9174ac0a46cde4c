/**
 * BullMQ's Lua scripts as the installed package ships them. Clients call them by the SHA-1 of their text,
 * so the text is what gives a call its name.
 */
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';

import { z } from 'zod';

const require = createRequire(import.meta.url);
const shipped: unknown = require('bullmq/dist/cjs/scripts');
const scriptsSchema = z.record(z.string(), z.object({ name: z.string(), content: z.string() }));

const namesBySha = new Map(
  Object.values(scriptsSchema.parse(shipped)).map(({ name, content }) => [
    createHash('sha1').update(content).digest('hex'),
    name,
  ]),
);

/** @param sha 40 hex digits, in either case. */
export function scriptNameOf(sha: string): string | undefined {
  return namesBySha.get(sha) ?? namesBySha.get(sha.toLowerCase());
}
