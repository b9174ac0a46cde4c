import { z } from 'zod';

import { resultSchema } from './result.ts';

/** The schema of `fm-result/1` as a JSON Schema document (draft 2020-12), newline at its end. */
export function resultJsonSchema(): string {
  return `${JSON.stringify(z.toJSONSchema(resultSchema), null, 2)}\n`;
}
