/**
 * What AMQP units mean for jobs: per channel, publishes are counted so that confirms can be resolved to
 * keys, and deliveries are remembered so that settlements can. The message id is the job key. Pure.
 */
import type { AmqpUnit } from '../amqp/unit-reader.ts';
import type { Direction, Reading } from '../conversation.ts';

/** By tag; Maps keep insertion order, and tags only grow. */
type Outstanding<T> = Map<number, T>;

interface Publish {
  readonly key: string | undefined;
  readonly route: string;
  readonly mandatory: boolean;
  /** It came back as unroutable. Its confirm is still to come, and says no more than that. */
  returned: boolean;
}

interface Channel {
  /** Undefined until confirm.select. */
  publishes: { count: number; readonly unconfirmed: Outstanding<Publish> } | undefined;
  /** Keys of deliveries. */
  readonly unsettled: Outstanding<string | undefined>;
  /** Consumers whose deliveries are settled by being sent. */
  readonly noAckConsumers: Set<string>;
  /** `no-ack` of each basic.consume and basic.get whose answer is to come. */
  readonly consumesAsked: boolean[];
  readonly getsAsked: boolean[];
  /** For each basic.recover whose answer is to come, the keys of what crossed it on the way down: given back too. */
  readonly recoveries: (string | undefined)[][];
  /** One side has said that it closes: what the client still says is not heard, and its deliveries go back. */
  closing: boolean;
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
  /** The client has asked for the end of the connection, and the server has not agreed yet. */
  #awaited = false;

  get awaited(): boolean {
    return this.#awaited;
  }

  /** @returns one reading, or two of a confirm that covers returned messages and accepted ones. */
  read(direction: Direction, unit: AmqpUnit): readonly Reading[] {
    const { method, channel: number } = unit;
    const frame = method.name === 'other' ? method.method : method.name;
    if (frame === 'connection.close' && direction === 'up') this.#awaited = true;
    if (frame === 'connection.close-ok') this.#awaited = false;
    if (frame === 'channel.open' || frame === 'channel.close-ok') this.#channels.delete(number);
    const readingOf = (said: Partial<Reading>): Reading => ({
      frame,
      ...(number > 0 && { channel: number }),
      recorded: said.means !== undefined || landmarks.has(frame),
      ...said,
    });
    return direction === 'down' && method.name === 'basic.ack'
      ? confirmationsOf(this.#channel(number), method).map(readingOf)
      : [readingOf(this.#meaning(direction, unit))];
  }

  #meaning(direction: Direction, unit: AmqpUnit): Partial<Reading> {
    const { method, channel: number, header } = unit;
    const channel = this.#channel(number);
    const key = header?.messageId;
    if (unit.aborted === true) return { ...keysOf([key]), detail: 'given up', recorded: true };
    switch (method.name) {
      case 'basic.publish': {
        const route = routeOf(method);
        const said = { means: 'publish', ...keysOf([key]), detail: route } as const;
        if (channel.publishes === undefined) return said;
        const publish = { key, route, mandatory: method.mandatory, returned: false };
        const deliveryTag = ++channel.publishes.count;
        channel.publishes.unconfirmed.set(deliveryTag, publish);
        return { ...said, deliveryTag };
      }
      case 'basic.return':
        return {
          means: 'refuse',
          ...keysOf([key]),
          ...noteReturned(channel, key, routeOf(method)),
          detail: `${method.code} ${method.text}`,
        };
      case 'basic.deliver':
      case 'basic.get-ok': {
        const { deliveryTag, redelivered } = method;
        const settled =
          method.name === 'basic.get-ok'
            ? channel.getsAsked.shift() === true
            : channel.noAckConsumers.has(method.consumerTag);
        const [recovery] = channel.recoveries;
        if (!settled && recovery !== undefined) recovery.push(key);
        else if (!settled) channel.unsettled.set(deliveryTag, key);
        return { means: 'deliver', ...keysOf([key]), deliveryTag, redelivered };
      }
      case 'basic.ack':
      case 'basic.nack':
      case 'basic.reject': {
        if (direction === 'up' && (channel.closing || this.#channel(0).closing)) {
          return { deliveryTag: method.deliveryTag, detail: 'not heard', recorded: true };
        }
        const keys =
          direction === 'up'
            ? take(channel.unsettled, method)
            : takePublishes(channel, method).map((publish) => publish?.key);
        return {
          means: settlementOf(direction, method),
          ...keysOf(keys),
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
      case 'basic.recover':
      case 'basic.recover-async': {
        // RabbitMQ redelivers all that was not settled, under new tags, and knows the old ones no more.
        const keys = [...channel.unsettled.values()];
        channel.unsettled.clear();
        if (method.name === 'basic.recover') channel.recoveries.push([]);
        return { means: 'requeue', ...keysOf(keys) };
      }
      case 'basic.recover-ok': {
        const keys = channel.recoveries.shift() ?? [];
        return keys.length === 0 ? {} : { means: 'requeue', ...keysOf(keys) };
      }
      case 'connection.close':
      case 'channel.close':
        channel.closing = true;
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
        recoveries: [],
        closing: false,
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
  if (direction === 'down') return 'refuse';
  if (method.name === 'basic.ack') return 'settle';
  return method.requeue === true ? 'requeue' : 'reject';
}

interface Tags {
  readonly deliveryTag: number;
  readonly multiple: boolean;
}

/**
 * What a publisher's basic.ack says. RabbitMQ returns an unroutable mandatory message and then acknowledges it: it
 * has dealt with it, which is not having taken it.
 */
function confirmationsOf(channel: Channel, ack: Tags): readonly Partial<Reading>[] {
  const { deliveryTag } = ack;
  const publishes = takePublishes(channel, ack);
  const returned = publishes.filter((publish) => publish?.returned === true);
  const accepted = publishes.filter((publish) => publish?.returned !== true);
  const confirmed: Partial<Reading> = {
    means: 'confirm',
    ...keysOf(accepted.map((publish) => publish?.key)),
    deliveryTag,
    ...(ack.multiple && { detail: 'multiple' }),
  };
  if (returned.length === 0) return [confirmed];
  const keys = keysOf(returned.map((publish) => publish?.key));
  const confirmedAsReturned: Partial<Reading> = {
    ...keys,
    deliveryTag,
    detail: 'confirmed as returned',
    recorded: true,
  };
  return accepted.length === 0 ? [confirmedAsReturned] : [confirmed, confirmedAsReturned];
}

function takePublishes(channel: Channel, tags: Tags): readonly (Publish | undefined)[] {
  return take(channel.publishes?.unconfirmed ?? new Map<number, Publish>(), tags);
}

/** A return has no tag: it is of the oldest publish that it can be of. Returns keep the order of their publishes. */
function noteReturned(
  { publishes }: Channel,
  key: string | undefined,
  route: string,
): { deliveryTag?: number } {
  for (const [deliveryTag, publish] of publishes?.unconfirmed ?? []) {
    const isIt =
      publish.mandatory && !publish.returned && publish.key === key && publish.route === route;
    if (!isIt) continue;
    publish.returned = true;
    return { deliveryTag };
  }
  return {};
}

/** Takes out what a tag settles: itself, or with `multiple` all up to it (0: all there are). */
function take<T>(
  outstanding: Outstanding<T>,
  { deliveryTag, multiple }: Tags,
): readonly (T | undefined)[] {
  if (!multiple) {
    const taken = outstanding.get(deliveryTag);
    outstanding.delete(deliveryTag);
    return [taken];
  }
  const taken: T[] = [];
  for (const [tag, one] of outstanding) {
    if (deliveryTag !== 0 && tag > deliveryTag) break;
    taken.push(one);
    outstanding.delete(tag);
  }
  return taken;
}

function keysOf(keys: readonly (string | undefined)[]): { keys?: string[] } {
  const known = keys.filter((key) => key !== undefined);
  return known.length === 0 ? {} : { keys: known };
}

function routeOf(method: { readonly exchange: string; readonly routingKey: string }): string {
  return method.exchange === '' ? method.routingKey : `${method.exchange}/${method.routingKey}`;
}

/** A tag may have been that of another consumer before. */
function noteConsumer(channel: Channel, consumerTag: string, noAck: boolean): void {
  if (noAck) channel.noAckConsumers.add(consumerTag);
  else channel.noAckConsumers.delete(consumerTag);
}
