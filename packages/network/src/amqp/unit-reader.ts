/**
 * Joins the frames of one direction to units: a method alone, or a method with its content header and
 * bodies. Frames of other channels may stand between those; units come out in the order of their first
 * byte, so that holding one holds everything after it.
 */
import { ProtocolError } from '../conversation.ts';
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
}

interface Unfinished {
  readonly start: number;
  readonly channel: number;
  readonly method: Method;
  header?: ContentHeader;
  bodyLeft: number;
  /** Set when it is complete. */
  end?: number;
}

export class UnitReader {
  readonly #frames = new FrameReader();
  /** In the order of their first byte; the first is not complete. */
  readonly #waiting: Unfinished[] = [];
  /** The content each channel is in the middle of. */
  readonly #contents = new Map<number, Unfinished>();

  /** @throws ProtocolError when it is not AMQP, or content comes without its method. */
  read(chunk: Buffer): readonly AmqpUnit[] {
    for (const frame of this.#frames.read(chunk)) this.#take(frame);
    const units: AmqpUnit[] = [];
    let first = this.#waiting[0];
    while (first?.end !== undefined) {
      const { start, end, channel, method, header } = first;
      units.push({ start, end, channel, method, ...(header && { header }) });
      this.#waiting.shift();
      first = this.#waiting[0];
    }
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
        this.#waiting.push(unit);
        if (carriesContent(method)) this.#contents.set(channel, unit);
        else unit.end = end;
        break;
      }
      case 'header': {
        const unit = this.#content(channel, frame);
        unit.header = decodeContentHeader(frame.payload);
        unit.bodyLeft = unit.header.bodySize;
        this.#finishIfWhole(unit, end);
        break;
      }
      case 'body': {
        const unit = this.#content(channel, frame);
        unit.bodyLeft -= frame.size;
        this.#finishIfWhole(unit, end);
        break;
      }
      default:
        frame satisfies never;
    }
  }

  #content(channel: number, frame: Frame): Unfinished {
    const unit = this.#contents.get(channel);
    if (unit !== undefined) return unit;
    throw new ProtocolError(`AMQP ${frame.kind} frame without a method on channel ${channel}`);
  }

  #finishIfWhole(unit: Unfinished, end: number): void {
    if (unit.bodyLeft > 0) return;
    unit.end = end;
    this.#contents.delete(unit.channel);
  }
}
