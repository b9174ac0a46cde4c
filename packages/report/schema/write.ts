/** Writes the JSON Schema of the result document: `pnpm --filter @lab/report schema`. */
import { writeFileSync } from 'node:fs';

import { resultJsonSchema } from '../src/result-json-schema.ts';

writeFileSync(`${import.meta.dirname}/fm-result-1.schema.json`, resultJsonSchema());
