/**
 * A job: one unit of work with a stable business key. The key names the work, not the message:
 * a redelivery, a re-publish and a stalled re-run all carry the same key.
 */
import { z } from 'zod';

/** The stable business key of a job, for example `job-0007`. */
export type JobKey = string & { readonly __brand: 'JobKey' };

export const jobSchema = z.strictObject({
  key: z
    .string()
    .min(1)
    .transform((key) => key as JobKey), // branded here, at the boundary, and trusted inside
  correlationId: z.string().min(1),
  causationId: z.string().min(1),
  amount: z.number().int(),
});

export type Job = z.infer<typeof jobSchema>;

/**
 * Reads a job from the bytes of a message.
 * @throws SyntaxError or ZodError when the body is not a job; callers dead-letter it.
 */
export function parseJob(body: string): Job {
  return jobSchema.parse(JSON.parse(body));
}
