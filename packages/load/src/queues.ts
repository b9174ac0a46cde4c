/**
 * How the queues of requests are declared. Everybody who uses one declares it, with the same arguments, so that whoever
 * is first after a broker's restart makes it. Queues and messages are transient: a restart empties them.
 */
import { hopQueue, loadQueues, type LoadSetting } from '@lab/contract';
import { policyNamed, type QueueRules } from '@lab/retry';
import type { Channel } from 'amqplib';

/** What the policy wants of the queue that hop `hop` reads; only the last one is bounded. */
export function queueRulesOf(setting: LoadSetting, hop: number): QueueRules {
  if (hop !== setting.hops) return {};
  return policyNamed(setting.policy).queue?.(setting) ?? {};
}

/** Declares the queue that hop `hop` reads. @returns its name */
export async function declareRequests(
  channel: Channel,
  setting: LoadSetting,
  hop: number,
): Promise<string> {
  const queue = hopQueue(hop, setting.hops);
  const { maxLength, overflow, messageTtlMs } = queueRulesOf(setting, hop);
  const takesOut = messageTtlMs !== undefined || overflow === 'drop-head';
  if (takesOut) await channel.assertQueue(loadQueues.dropped, transient);
  await channel.assertQueue(queue, {
    ...transient,
    arguments: {
      ...(maxLength === undefined ? {} : { 'x-max-length': maxLength }),
      ...(overflow === undefined ? {} : { 'x-overflow': overflow }),
      ...(takesOut
        ? { 'x-dead-letter-exchange': '', 'x-dead-letter-routing-key': loadQueues.dropped }
        : {}),
    },
  });
  return queue;
}

const transient = { durable: false, exclusive: false, autoDelete: false } as const;
