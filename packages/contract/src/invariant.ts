/** What a checker may say about an invariant. */
import { z } from 'zod';

import { invariantIds } from './invariant-statements.ts';

const invariantIdSchema = z.enum(invariantIds);

/** Why a finding says what it says: the event numbers of one job's story. */
export const witnessSchema = z.strictObject({
  key: z.string(),
  /** Sequence numbers in the merged history, in order. */
  seqs: z.array(z.number().int().nonnegative()),
  /** One sentence for people. */
  story: z.string(),
});
export type Witness = z.infer<typeof witnessSchema>;

/**
 * What a checker found. `unknown` means that the question was not answered (precondition never met,
 * queue not drained, checker threw) and nobody may read it as `holds`.
 */
export const findingSchema = z.discriminatedUnion('state', [
  z.strictObject({
    invariant: invariantIdSchema,
    state: z.literal('holds'),
    /** How many things were checked; zero is not allowed, that is `unknown`. */
    exercised: z.number().int().positive(),
    note: z.string().optional(),
  }),
  z.strictObject({
    invariant: invariantIdSchema,
    state: z.literal('violated'),
    exercised: z.number().int().positive(),
    violations: z.number().int().positive(),
    /** At least one, the first violation first. */
    witnesses: z.array(witnessSchema).min(1),
  }),
  z.strictObject({
    invariant: invariantIdSchema,
    state: z.literal('unknown'),
    reason: z.string().min(1),
  }),
]);
export type Finding = z.infer<typeof findingSchema>;
