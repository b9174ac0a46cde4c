/** An AMQP 0-9-1 connection as the tap reads it. */
import { ProtocolError, type Conversation } from '../conversation.ts';
import { AmqpMeaning } from '../meaning/amqp.ts';
import { UnitReader } from './unit-reader.ts';

export function amqpConversation(): Conversation {
  const readers = { up: new UnitReader(), down: new UnitReader() };
  const meaning = new AmqpMeaning();
  return {
    get awaited() {
      return meaning.awaited;
    },
    read(direction, chunk) {
      try {
        return readers[direction].read(chunk).map((unit) => ({
          start: unit.start,
          end: unit.end,
          readings: meaning.read(direction, unit),
        }));
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw new ProtocolError('an AMQP frame is shorter than its arguments', { cause });
      }
    },
  };
}
