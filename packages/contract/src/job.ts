/**
 * A job: one unit of work with a stable business key. The key names the work, not the message:
 * a redelivery, a re-publish and a stalled re-run all carry the same key.
 */
import * as v from 'valibot';

/** The stable business key of a job, for example `job-0007`. */
export type JobKey = string & { readonly __brand: 'JobKey' };

const jobSchema = v.strictObject({
  key: v.pipe(
    v.string(),
    v.nonEmpty(),
    v.transform((key) => key as JobKey), // branded here, at the boundary, and trusted inside
  ),
  correlationId: v.pipe(v.string(), v.nonEmpty()),
  causationId: v.pipe(v.string(), v.nonEmpty()),
  amount: v.pipe(v.number(), v.integer()),
});

export type Job = v.InferOutput<typeof jobSchema>;

/**
 * Reads a job from the bytes of a message.
 * @throws SyntaxError or ValiError when the body is not a job; callers dead-letter it.
 */
export function parseJob(body: string): Job {
  return readJob(JSON.parse(body));
}

/** @throws ValiError when the value is not a job. */
export function readJob(value: unknown): Job {
  return v.parse(jobSchema, value);
}
