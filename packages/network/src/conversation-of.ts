/** Which decoder belongs to which protocol. */
import type { WireEvent } from '@lab/contract';

import { amqpConversation } from './amqp/conversation.ts';
import type { Conversation } from './conversation.ts';
import { redisConversation } from './resp/conversation.ts';

const conversations: Record<WireEvent['protocol'], () => Conversation> = {
  amqp: amqpConversation,
  redis: redisConversation,
};

/** @returns what makes a conversation for each new connection. */
export function conversationOf(protocol: WireEvent['protocol']): () => Conversation {
  return conversations[protocol];
}
