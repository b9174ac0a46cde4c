/** Writes AMQP 0-9-1 frames, for tests. */

export function frame(type: number, channel: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(7);
  head.writeUInt8(type, 0);
  head.writeUInt16BE(channel, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload, Buffer.from([0xce])]);
}

export const heartbeat = frame(8, 0, Buffer.alloc(0));

export function method(
  channel: number,
  classId: number,
  methodId: number,
  ...args: Buffer[]
): Buffer {
  return frame(1, channel, Buffer.concat([short(classId), short(methodId), ...args]));
}

export function octet(value: number): Buffer {
  return Buffer.from([value]);
}

export function short(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function longLong(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

export function shortString(text: string): Buffer {
  return Buffer.concat([octet(Buffer.byteLength(text)), Buffer.from(text)]);
}

/** A content header with a headers table of one entry, delivery mode, correlation id and message id, or without the last. */
export function contentHeader(
  channel: number,
  messageId: string | undefined,
  bodySize: number,
): Buffer {
  const table = Buffer.concat([shortString('x'), Buffer.from('t'), octet(1)]);
  const tableSize = Buffer.alloc(4);
  tableSize.writeUInt32BE(table.length);
  const flags = (1 << 13) | (1 << 12) | (1 << 10) | (messageId === undefined ? 0 : 1 << 7);
  return frame(
    2,
    channel,
    Buffer.concat([
      short(60),
      short(0),
      longLong(bodySize),
      short(flags),
      tableSize,
      table,
      octet(2),
      shortString('c-1'),
      ...(messageId === undefined ? [] : [shortString(messageId)]),
    ]),
  );
}

export function body(channel: number, size: number): Buffer {
  return frame(3, channel, Buffer.alloc(size, 0x41));
}

/** The frames of one publish: method, header, and bodies of at most `frameSize`. */
export function publish(
  channel: number,
  messageId: string | undefined,
  bodySize: number,
  options: {
    readonly frameSize?: number;
    readonly routingKey?: string;
    readonly mandatory?: boolean;
  } = {},
): Buffer[] {
  const { frameSize = 4096, routingKey = 'jobs', mandatory = false } = options;
  const bodies: Buffer[] = [];
  for (let left = bodySize; left > 0; left -= frameSize) {
    bodies.push(body(channel, Math.min(left, frameSize)));
  }
  const args = [short(0), shortString(''), shortString(routingKey), octet(mandatory ? 1 : 0)];
  return [method(channel, 60, 40, ...args), contentHeader(channel, messageId, bodySize), ...bodies];
}

/** A message that comes back to its publisher: nothing to route it to. */
export function returned(
  channel: number,
  messageId: string | undefined,
  routingKey = 'jobs',
): Buffer {
  const args = [short(312), shortString('NO_ROUTE'), shortString(''), shortString(routingKey)];
  return Buffer.concat([method(channel, 60, 50, ...args), contentHeader(channel, messageId, 0)]);
}

export function deliver(
  channel: number,
  messageId: string,
  deliveryTag: number,
  options: { readonly consumerTag?: string; readonly redelivered?: boolean } = {},
): Buffer {
  const { consumerTag = 'c', redelivered = false } = options;
  return Buffer.concat([
    method(
      channel,
      60,
      60,
      shortString(consumerTag),
      longLong(deliveryTag),
      octet(redelivered ? 1 : 0),
      shortString(''),
      shortString('jobs'),
    ),
    contentHeader(channel, messageId, 0),
  ]);
}

export function ack(channel: number, deliveryTag: number, multiple: 0 | 1 = 0): Buffer {
  return method(channel, 60, 80, longLong(deliveryTag), octet(multiple));
}
