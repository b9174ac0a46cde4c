/** Which decoder belongs to which protocol. */
import type { WireEvent } from '@lab/contract';

import type { Conversation } from './conversation.ts';

const opaque = (): Conversation => ({ read: () => [] });

const conversations: Record<WireEvent['protocol'], () => Conversation> = {
  amqp: opaque,
  redis: opaque,
};

/** @returns what makes a conversation for each new connection. */
export function conversationOf(protocol: WireEvent['protocol']): () => Conversation {
  return conversations[protocol];
}
