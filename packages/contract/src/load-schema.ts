/**
 * The setting of a load as the lab writes it down. The programs of a load read the same document with valibot (load.ts);
 * the annotation makes the compiler refuse a difference in type.
 */
import { z } from 'zod';

import { topologies, triggerKinds, type LoadSetting } from './load.ts';
import { transports } from './topology.ts';

const positive = z.number().positive();
const count = z.number().int().min(1);
const durationMs = z.number().nonnegative();

export const loadSettingRecordSchema: z.ZodType<LoadSetting, LoadSetting> = z.strictObject({
  topology: z.enum(topologies),
  transport: z.enum(transports),
  policy: z.string(),
  seed: z.number().int(),
  slots: count,
  serviceMs: positive,
  capacityPerS: positive,
  offeredPerS: positive,
  timeoutMs: positive,
  attempts: count,
  clients: count,
  warmUpMs: durationMs,
  trigger: z.enum(triggerKinds),
  triggerMs: durationMs,
  observeMs: durationMs,
  watchLimitMs: durationMs.nullable(),
  spikeFactor: positive,
  addedLatencyMs: durationMs,
  queueBound: count.nullable(),
  concurrency: count.nullable(),
  failureRate: z.number().min(0).max(1),
  hops: count,
  ramp: z.tuple([positive, positive]).nullable(),
  closedCallers: count.nullable(),
});
