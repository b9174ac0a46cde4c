/** Reads AMQP 0-9-1 values in order from a payload. Numbers are big-endian. */

export class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  octet(): number {
    this.#at += 1;
    return this.#bytes.readUInt8(this.#at - 1);
  }

  short(): number {
    this.#at += 2;
    return this.#bytes.readUInt16BE(this.#at - 2);
  }

  long(): number {
    this.#at += 4;
    return this.#bytes.readUInt32BE(this.#at - 4);
  }

  /** Exact up to 2^53, which no delivery tag of a lab reaches. */
  longLong(): number {
    return this.long() * 2 ** 32 + this.long();
  }

  shortString(): string {
    const length = this.octet();
    this.#at += length;
    return this.#bytes.toString('utf8', this.#at - length, this.#at);
  }

  skip(octets: number): void {
    this.#at += octets;
  }

  /** Tables carry their length in front. */
  skipTable(): void {
    this.skip(this.long());
  }
}
