/** A Redis connection as the tap reads it. */
import type { Conversation, Reading, Unit } from '../conversation.ts';
import { exchangeOf, type Exchange } from '../meaning/redis.ts';
import { Pairing } from './pairing.ts';
import { RespParser } from './parser.ts';
import type { PlacedValue, RespValue } from './value.ts';

/** What a server says without having been asked. */
const unasked: Reading = { frame: 'push', recorded: false };

export function redisConversation(): Conversation {
  const commands = new RespParser({ commands: true });
  const replies = new RespParser({ commands: false });
  const pairing = new Pairing<Exchange>();

  function readCommand({ value, start, end }: PlacedValue): Unit {
    const args = wordsOf(value);
    const exchange = exchangeOf(args);
    pairing.ask(args, exchange);
    return { start, end, readings: [exchange.command] };
  }

  function readReply({ value, start, end }: PlacedValue): Unit {
    const answers = pairing.answer(value);
    const readings = answers.flatMap(({ command, reply }) => command.reply(reply));
    return { start, end, readings: readings.length > 0 ? readings : [unasked] };
  }

  return {
    get awaited() {
      return pairing.awaited;
    },
    read: (direction, chunk) =>
      direction === 'up'
        ? commands.read(chunk).map(readCommand)
        : replies.read(chunk).map(readReply),
  };
}

function wordsOf(value: RespValue): readonly Buffer[] {
  if (!('items' in value)) return [];
  return value.items.flatMap((item) => ('bytes' in item ? [item.bytes] : []));
}
