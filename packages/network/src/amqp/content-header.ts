/** The content header: how long the body is, and the message properties in the order of their flags. */
import { Cursor } from './cursor.ts';

export interface ContentHeader {
  readonly bodySize: number;
  readonly messageId: string | undefined;
  readonly correlationId: string | undefined;
  /** 2 is persistent. */
  readonly deliveryMode: number | undefined;
}

/** @throws RangeError when the payload is shorter than its properties. */
export function decodeContentHeader(payload: Buffer): ContentHeader {
  const cursor = new Cursor(payload);
  cursor.skip(4); // class id, weight
  const bodySize = cursor.longLong();
  const flags = cursor.short();
  const has = (bit: number): boolean => (flags & (1 << bit)) !== 0;
  const shortString = (bit: number): string | undefined =>
    has(bit) ? cursor.shortString() : undefined;

  shortString(15); // content type
  shortString(14); // content encoding
  if (has(13)) cursor.skipTable(); // headers
  const deliveryMode = has(12) ? cursor.octet() : undefined;
  if (has(11)) cursor.skip(1); // priority
  const correlationId = shortString(10);
  shortString(9); // reply-to
  shortString(8); // expiration
  const messageId = shortString(7);
  return { bodySize, messageId, correlationId, deliveryMode };
}
