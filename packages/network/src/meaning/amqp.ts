/**
 * What AMQP units mean for jobs: per channel, publishes are counted so that confirms can be resolved to
 * keys, and deliveries are remembered so that settlements can. The message id is the job key. Pure.
 */
import type { AmqpUnit } from '../amqp/unit-reader.ts';
import type { Direction, Reading } from '../conversation.ts';

/** Keys by tag; Maps keep insertion order, and tags only grow. */
type Outstanding = Map<number, string | undefined>;

interface Channel {
  /** Undefined until confirm.select. */
  publishes: { count: number; readonly unconfirmed: Outstanding } | undefined;
  readonly unsettled: Outstanding;
  /** Consumers whose deliveries are settled by being sent. */
  readonly noAckConsumers: Set<string>;
  /** `no-ack` of each basic.consume and basic.get whose answer is to come. */
  readonly consumesAsked: boolean[];
  readonly getsAsked: boolean[];
}

/** Recorded although they mean nothing for a job: they explain what happens to those that do. */
const landmarks: ReadonlySet<string> = new Set([
  'connection.open',
  'connection.close',
  'connection.blocked',
  'connection.unblocked',
  'channel.open',
  'channel.close',
  'basic.consume',
  'basic.cancel',
]);

export class AmqpMeaning {
  readonly #channels = new Map<number, Channel>();

  read(direction: Direction, unit: AmqpUnit): Reading {
    const { method, channel: number } = unit;
    const frame = method.name === 'other' ? method.method : method.name;
    if (frame === 'channel.open' || frame === 'channel.close-ok') this.#channels.delete(number);
    const meaning = this.#meaning(direction, unit);
    return {
      frame,
      ...(number > 0 && { channel: number }),
      ...meaning,
      recorded: meaning.means !== undefined || landmarks.has(frame),
    };
  }

  #meaning(direction: Direction, { method, channel: number, header }: AmqpUnit): Partial<Reading> {
    const channel = this.#channel(number);
    const key = header?.messageId;
    switch (method.name) {
      case 'basic.publish':
        if (channel.publishes !== undefined) {
          channel.publishes.count += 1;
          channel.publishes.unconfirmed.set(channel.publishes.count, key);
        }
        return { means: 'publish', ...keysOf([key]), detail: routeOf(method) };
      case 'basic.return':
        return { means: 'refuse', ...keysOf([key]), detail: `${method.code} ${method.text}` };
      case 'basic.deliver':
      case 'basic.get-ok': {
        const { deliveryTag, redelivered } = method;
        const settled =
          method.name === 'basic.get-ok'
            ? channel.getsAsked.shift() === true
            : channel.noAckConsumers.has(method.consumerTag);
        if (!settled) channel.unsettled.set(deliveryTag, key);
        return { means: 'deliver', ...keysOf([key]), deliveryTag, redelivered };
      }
      case 'basic.ack':
      case 'basic.nack':
      case 'basic.reject': {
        const outstanding =
          direction === 'up' ? channel.unsettled : (channel.publishes?.unconfirmed ?? new Map());
        return {
          means: settlementOf(direction, method),
          ...keysOf(take(outstanding, method)),
          deliveryTag: method.deliveryTag,
          ...(method.multiple && { detail: 'multiple' }),
        };
      }
      case 'basic.consume':
        if (method.noWait) noteConsumer(channel, method.consumerTag, method.noAck);
        else channel.consumesAsked.push(method.noAck);
        return { detail: method.queue };
      case 'basic.consume-ok':
        noteConsumer(channel, method.consumerTag, channel.consumesAsked.shift() === true);
        return {};
      case 'basic.cancel':
        return { detail: method.consumerTag };
      case 'basic.get':
        channel.getsAsked.push(method.noAck);
        return {};
      case 'connection.close':
      case 'channel.close':
        return { detail: `${method.code} ${method.text}` };
      case 'connection.blocked':
        return { detail: method.text };
      case 'other':
        if (method.method === 'confirm.select') {
          channel.publishes ??= { count: 0, unconfirmed: new Map() };
        }
        if (method.method === 'basic.get-empty') channel.getsAsked.shift();
        return {};
      default:
        return method satisfies never;
    }
  }

  #channel(number: number): Channel {
    let channel = this.#channels.get(number);
    if (channel === undefined) {
      channel = {
        publishes: undefined,
        unsettled: new Map(),
        noAckConsumers: new Set(),
        consumesAsked: [],
        getsAsked: [],
      };
      this.#channels.set(number, channel);
    }
    return channel;
  }
}

function settlementOf(
  direction: Direction,
  method: { readonly name: string; readonly requeue?: boolean },
): NonNullable<Reading['means']> {
  if (direction === 'down') return method.name === 'basic.ack' ? 'confirm' : 'refuse';
  if (method.name === 'basic.ack') return 'settle';
  return method.requeue === true ? 'requeue' : 'reject';
}

/** Takes out what a tag settles: itself, or with `multiple` all up to it (0: all there are). */
function take(
  outstanding: Outstanding,
  { deliveryTag, multiple }: { readonly deliveryTag: number; readonly multiple: boolean },
): readonly (string | undefined)[] {
  const keys: (string | undefined)[] = [];
  if (!multiple) {
    keys.push(outstanding.get(deliveryTag));
    outstanding.delete(deliveryTag);
    return keys;
  }
  for (const [tag, key] of outstanding) {
    if (deliveryTag !== 0 && tag > deliveryTag) break;
    keys.push(key);
    outstanding.delete(tag);
  }
  return keys;
}

function keysOf(keys: readonly (string | undefined)[]): { keys?: string[] } {
  const known = keys.filter((key) => key !== undefined);
  return known.length === 0 ? {} : { keys: known };
}

function routeOf(method: { readonly exchange: string; readonly routingKey: string }): string {
  return method.exchange === '' ? method.routingKey : `${method.exchange}/${method.routingKey}`;
}

function noteConsumer(channel: Channel, consumerTag: string, noAck: boolean): void {
  if (noAck) channel.noAckConsumers.add(consumerTag);
}
