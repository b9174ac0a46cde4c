/** AMQP 0-9-1 methods (with RabbitMQ's extensions): their names, and the arguments the lab reads. */
import { Cursor } from './cursor.ts';

/** class id -> class name, method id -> method name. */
const names: Readonly<Record<number, readonly [string, Readonly<Record<number, string>>]>> = {
  10: [
    'connection',
    {
      10: 'start',
      11: 'start-ok',
      20: 'secure',
      21: 'secure-ok',
      30: 'tune',
      31: 'tune-ok',
      40: 'open',
      41: 'open-ok',
      50: 'close',
      51: 'close-ok',
      60: 'blocked',
      61: 'unblocked',
      70: 'update-secret',
      71: 'update-secret-ok',
    },
  ],
  20: [
    'channel',
    { 10: 'open', 11: 'open-ok', 20: 'flow', 21: 'flow-ok', 40: 'close', 41: 'close-ok' },
  ],
  40: [
    'exchange',
    {
      10: 'declare',
      11: 'declare-ok',
      20: 'delete',
      21: 'delete-ok',
      30: 'bind',
      31: 'bind-ok',
      40: 'unbind',
      51: 'unbind-ok',
    },
  ],
  50: [
    'queue',
    {
      10: 'declare',
      11: 'declare-ok',
      20: 'bind',
      21: 'bind-ok',
      30: 'purge',
      31: 'purge-ok',
      40: 'delete',
      41: 'delete-ok',
      50: 'unbind',
      51: 'unbind-ok',
    },
  ],
  60: [
    'basic',
    {
      10: 'qos',
      11: 'qos-ok',
      20: 'consume',
      21: 'consume-ok',
      30: 'cancel',
      31: 'cancel-ok',
      40: 'publish',
      50: 'return',
      60: 'deliver',
      70: 'get',
      71: 'get-ok',
      72: 'get-empty',
      80: 'ack',
      90: 'reject',
      100: 'recover-async',
      110: 'recover',
      111: 'recover-ok',
      120: 'nack',
    },
  ],
  85: ['confirm', { 10: 'select', 11: 'select-ok' }],
  90: [
    'tx',
    {
      10: 'select',
      11: 'select-ok',
      20: 'commit',
      21: 'commit-ok',
      30: 'rollback',
      31: 'rollback-ok',
    },
  ],
};

/** A method with those of its arguments that mean something here. */
export type Method =
  | {
      readonly name: 'basic.publish';
      readonly exchange: string;
      readonly routingKey: string;
      readonly mandatory: boolean;
    }
  | {
      readonly name: 'basic.deliver';
      readonly consumerTag: string;
      readonly deliveryTag: number;
      readonly redelivered: boolean;
    }
  | { readonly name: 'basic.get-ok'; readonly deliveryTag: number; readonly redelivered: boolean }
  | {
      readonly name: 'basic.return';
      readonly code: number;
      readonly text: string;
      readonly exchange: string;
      readonly routingKey: string;
    }
  | { readonly name: 'basic.ack'; readonly deliveryTag: number; readonly multiple: boolean }
  | {
      readonly name: 'basic.nack' | 'basic.reject';
      readonly deliveryTag: number;
      readonly multiple: boolean;
      readonly requeue: boolean;
    }
  | {
      readonly name: 'basic.consume';
      readonly queue: string;
      readonly consumerTag: string;
      readonly noAck: boolean;
      readonly noWait: boolean;
    }
  | { readonly name: 'basic.consume-ok' | 'basic.cancel'; readonly consumerTag: string }
  | { readonly name: 'basic.get'; readonly noAck: boolean }
  | { readonly name: 'basic.recover' | 'basic.recover-async' | 'basic.recover-ok' }
  | {
      readonly name: 'connection.close' | 'channel.close';
      readonly code: number;
      readonly text: string;
    }
  | { readonly name: 'connection.blocked'; readonly text: string }
  | { readonly name: 'other'; readonly method: string };

/** Methods that are followed by a content header and bodies. */
export function carriesContent(method: Method): boolean {
  return (
    method.name === 'basic.publish' ||
    method.name === 'basic.deliver' ||
    method.name === 'basic.get-ok' ||
    method.name === 'basic.return'
  );
}

/** @throws RangeError when the payload is shorter than its arguments. */
export function decodeMethod(payload: Buffer): Method {
  const cursor = new Cursor(payload);
  const name = methodName(cursor.short(), cursor.short());
  switch (name) {
    case 'basic.publish':
      cursor.skip(2);
      return {
        name,
        exchange: cursor.shortString(),
        routingKey: cursor.shortString(),
        mandatory: (cursor.octet() & 1) !== 0,
      };
    case 'basic.deliver':
      return {
        name,
        consumerTag: cursor.shortString(),
        deliveryTag: cursor.longLong(),
        redelivered: cursor.octet() === 1,
      };
    case 'basic.get-ok':
      return { name, deliveryTag: cursor.longLong(), redelivered: cursor.octet() === 1 };
    case 'basic.ack':
      return { name, deliveryTag: cursor.longLong(), multiple: cursor.octet() === 1 };
    case 'basic.nack': {
      const deliveryTag = cursor.longLong();
      const bits = cursor.octet();
      return { name, deliveryTag, multiple: (bits & 1) !== 0, requeue: (bits & 2) !== 0 };
    }
    case 'basic.reject':
      return {
        name,
        deliveryTag: cursor.longLong(),
        multiple: false,
        requeue: cursor.octet() === 1,
      };
    case 'basic.consume': {
      cursor.skip(2);
      const queue = cursor.shortString();
      const consumerTag = cursor.shortString();
      const bits = cursor.octet(); // no-local, no-ack, exclusive, no-wait
      return { name, queue, consumerTag, noAck: (bits & 2) !== 0, noWait: (bits & 8) !== 0 };
    }
    case 'basic.consume-ok':
    case 'basic.cancel':
      return { name, consumerTag: cursor.shortString() };
    case 'basic.get':
      cursor.skip(2);
      cursor.shortString();
      return { name, noAck: cursor.octet() === 1 };
    case 'basic.recover':
    case 'basic.recover-async':
    case 'basic.recover-ok':
      return { name };
    case 'basic.return':
      return {
        name,
        code: cursor.short(),
        text: cursor.shortString(),
        exchange: cursor.shortString(),
        routingKey: cursor.shortString(),
      };
    case 'connection.close':
    case 'channel.close':
      return { name, code: cursor.short(), text: cursor.shortString() };
    case 'connection.blocked':
      return { name, text: cursor.shortString() };
    default:
      return { name: 'other', method: name };
  }
}

function methodName(classId: number, methodId: number): string {
  const [className, methods] = names[classId] ?? [`class-${classId}`, {}];
  return `${className}.${methods[methodId] ?? methodId}`;
}
