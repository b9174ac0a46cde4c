/**
 * Joins the frames of one direction to units: a method alone, or a method with its content header and
 * bodies. Frames of other channels may stand between those; units come out in the order of their first
 * byte, so that holding one holds everything after it. Content that its channel gave up is a unit as far as it
 * came: nothing waits for the rest.
 */
import { decodeContentHeader, type ContentHeader } from './content-header.ts';
import { FrameReader, type Frame } from './frame-reader.ts';
import { carriesContent, decodeMethod, type Method } from './methods.ts';

export interface AmqpUnit {
  readonly start: number;
  readonly end: number;
  readonly channel: number;
  readonly method: Method;
  /** With methods that carry content. */
  readonly header?: ContentHeader;
  /** Its content never came to its end, so nobody takes it for a message. */
  readonly aborted?: true;
}

interface Unfinished {
  readonly start: number;
  readonly channel: number;
  readonly method: Method;
  header?: ContentHeader;
  bodyLeft: number;
  aborted?: true;
  /** Set when it is complete. */
  end?: number;
}

/** After these no content goes on, on any channel. */
const ending: ReadonlySet<string> = new Set(['connection.close', 'connection.close-ok']);

export class UnitReader {
  readonly #frames = new FrameReader();
  /** In the order of their first byte; the first is not complete. */
  readonly #waiting: Unfinished[] = [];
  /** The content each channel is in the middle of. */
  readonly #contents = new Map<number, Unfinished>();

  /** @throws ProtocolError when it is not AMQP. */
  read(chunk: Buffer): readonly AmqpUnit[] {
    for (const frame of this.#frames.read(chunk)) this.#take(frame);
    const units: AmqpUnit[] = [];
    for (const { start, end, channel, method, header, aborted } of this.#waiting) {
      if (end === undefined) break;
      const rest = { ...(header && { header }), ...(aborted && { aborted }) };
      units.push({ start, end, channel, method, ...rest });
    }
    this.#waiting.splice(0, units.length);
    return units;
  }

  #take(frame: Frame): void {
    const { channel, start, end } = frame;
    switch (frame.kind) {
      case 'protocol-header':
      case 'heartbeat': {
        const method: Method = { name: 'other', method: frame.kind };
        this.#waiting.push({ start, end, channel, method, bodyLeft: 0 });
        break;
      }
      case 'method': {
        const method = decodeMethod(frame.payload);
        const unit: Unfinished = { start, channel, method, bodyLeft: 0 };
        this.#abort(channel, start);
        if (ending.has(method.name === 'other' ? method.method : method.name)) {
          for (const interrupted of this.#contents.keys()) this.#abort(interrupted, start);
        }
        this.#waiting.push(unit);
        if (carriesContent(method)) this.#contents.set(channel, unit);
        else unit.end = end;
        break;
      }
      case 'header':
      case 'body': {
        const unit = this.#contents.get(channel);
        if (unit !== undefined) return this.#goOn(unit, frame);
        // Part of nothing: a broker refuses it and says so, and the stream goes on behind it.
        const method: Method = { name: 'other', method: frame.kind };
        this.#waiting.push({ start, end, channel, method, bodyLeft: 0 });
        break;
      }
      default:
        frame satisfies never;
    }
  }

  #goOn(unit: Unfinished, frame: Frame & { readonly kind: 'header' | 'body' }): void {
    if (frame.kind === 'header') {
      unit.header = decodeContentHeader(frame.payload);
      unit.bodyLeft = unit.header.bodySize;
    } else {
      unit.bodyLeft -= frame.size;
    }
    if (unit.bodyLeft > 0) return;
    unit.end = frame.end;
    this.#contents.delete(unit.channel);
  }

  /** A method on a channel in the middle of a content ends that content. */
  #abort(channel: number, end: number): void {
    const unit = this.#contents.get(channel);
    if (unit === undefined) return;
    this.#contents.delete(channel);
    unit.aborted = true;
    unit.end = end;
  }
}
