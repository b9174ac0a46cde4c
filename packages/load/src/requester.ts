/**
 * Makes single attempts: publishes a request with confirm and direct reply-to, and says what became of it. It knows
 * nothing of jobs and policies. An attempt that is not answered within T is over for its caller; its message stays in
 * the queue, and an answer that comes later is counted and thrown away.
 */
import { hopQueue, monotonicMs, windowMsOf, type Journal, type LoadSetting } from '@lab/contract';
import type { ReplyMessage, RequestMessage } from '@lab/workload';
import type { ChannelModel, ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { Logger } from 'pino';

import { connectRabbitmq, ignoringClosed, type Connection } from './connection.ts';
import { Deadlines } from './deadlines.ts';
import { declareRequests, queueRulesOf } from './queues.ts';
import { WindowCounts, type Reading, type Settle } from './window-counts.ts';

/** `rejected`: the broker refused it (queue full); `timeout`: no answer within T, whatever the cause. */
type AttemptOutcome = 'ok' | 'error' | 'timeout' | 'rejected';

/** How an attempt ended; times on the monotonic clock, ms. */
export interface Attempted {
  readonly outcome: AttemptOutcome;
  readonly sentAt: number;
  readonly endedAt: number;
}

/** What the maker of an attempt says of it; the rest of the message is known when it is sent. */
type Request = Omit<RequestMessage, 'startedAt' | 'sentAt' | 'deadlineAt'>;

/** Who makes an attempt. An object and not a promise: what a thousand open attempts hold is what the collector copies. */
export interface Attempter {
  attempted(attempted: Attempted): void;
  /** The answer came after all when T was over: for a caller without a timeout of its own. */
  answeredLate?(): void;
}

export interface Requester {
  /** The load began at this time. To be said before the first request; said again it changes nothing. */
  start(startedAtMs: number, settle?: Settle): void;
  /**
   * Sends one attempt, at once, connected or not; without a connection it times out. Counts `sent`, `reached`,
   * `rejected`, `timedOut`, `late` and `errors` at its queue.
   * @param attempter told how it ended: always, once, within T and some, and never before this returns
   */
  send(request: Request, attempter: Attempter): void;
  /** The same with a promise, which never rejects. */
  request(request: Request, onLate?: () => void): Promise<Attempted>;
  /** Attempts that are not over, in the order in which they were sent. */
  pending(): Iterable<{ readonly sentAt: number; readonly dueAt: number }>;
  /** How many attempts are not over. */
  readonly awaited: Reading;
  /** What it counts; others may count what they know at the same queue (`succeeded`, `failed`, ...). */
  readonly counts: WindowCounts;
  /** Writes the counts that are left and closes the connection. */
  close(): Promise<void>;
}

export interface RequesterOptions {
  readonly url: string;
  readonly setting: LoadSetting;
  /** Whose queue it calls: 1 is the first hop. */
  readonly hop: number;
  readonly journal: Journal;
  readonly log: Logger;
}

/** @throws UnreachableError when the broker cannot be reached */
export async function openRequester(options: RequesterOptions): Promise<Requester> {
  const requester = new RabbitmqRequester(options);
  await requester.connect();
  return requester;
}

/** Where answers come back without a queue of their own. */
const directReplyTo = 'amq.rabbitmq.reply-to';

interface Pending {
  readonly id: string;
  readonly sentAt: number;
  readonly dueAt: number;
  readonly attempter: Attempter;
}

class RabbitmqRequester implements Requester {
  readonly counts: WindowCounts;
  readonly #options: RequesterOptions;
  readonly #queue: string;
  readonly #expiration: string | undefined;
  readonly #pending = new Map<string, Pending>();
  /** Over for their callers, who want to hear of a late answer all the same. */
  readonly #overdue = new Map<string, Attempter>();
  readonly #returned = new Set<string>();
  readonly #deadlines = new Deadlines<Pending>({
    waits: ({ id }) => this.#pending.has(id),
    expire: (pending, nowMs) => this.#expire(pending, nowMs),
  });
  #connection: Connection | undefined;
  #channel: ConfirmChannel | undefined;
  #closing = false;
  #startedAt: number | undefined;
  #sent = 0;

  constructor(options: RequesterOptions) {
    const { setting, hop, journal } = options;
    this.#options = options;
    this.#queue = hopQueue(hop, setting.hops);
    this.#expiration = queueRulesOf(setting, hop).messageTtlMs?.toString();
    this.counts = new WindowCounts({
      queue: this.#queue,
      windowMs: windowMsOf(setting),
      journal,
    });
  }

  async connect(): Promise<void> {
    const { url, log } = this.#options;
    this.#connection = await connectRabbitmq(url, log, (model) => this.#setUp(model));
  }

  start(startedAtMs: number, settle?: Settle): void {
    this.#startedAt ??= startedAtMs;
    this.counts.start(startedAtMs, settle);
  }

  send(request: Request, attempter: Attempter): void {
    const sentAt = monotonicMs();
    const deadlineAt = sentAt + this.#options.setting.timeoutMs;
    const startedAt = this.#startedAt;
    if (startedAt === undefined) throw new Error('the load has not begun');
    const message: RequestMessage = { ...request, startedAt, sentAt, deadlineAt };
    const id = String(++this.#sent);
    const pending: Pending = { id, sentAt, dueAt: request.dueAt, attempter };
    this.#pending.set(id, pending);
    this.#deadlines.add(deadlineAt, pending);
    this.counts.add('sent', sentAt);
    ignoringClosed(() => this.#publish(id, message)); // lost: it times out
  }

  request(request: Request, onLate?: () => void): Promise<Attempted> {
    const { promise, resolve } = Promise.withResolvers<Attempted>();
    this.send(request, {
      attempted: resolve,
      ...(onLate === undefined ? {} : { answeredLate: onLate }),
    });
    return promise;
  }

  readonly awaited: Reading = () => this.#pending.size;

  pending(): Iterable<Pending> {
    return this.#pending.values();
  }

  async close(): Promise<void> {
    this.#closing = true;
    this.#channel = undefined;
    this.#deadlines.stop();
    this.counts.close();
    await this.#connection?.close();
  }

  #publish(id: string, message: RequestMessage): void {
    const channel = this.#channel;
    if (channel === undefined) return; // not connected: it will time out
    channel.publish(
      '',
      this.#queue,
      Buffer.from(JSON.stringify(message)),
      {
        messageId: id,
        replyTo: directReplyTo,
        mandatory: true, // a message no queue took is confirmed too, but returned first
        ...(this.#expiration === undefined ? {} : { expiration: this.#expiration }),
      },
      (error: unknown) => {
        if (isNack(error)) this.#settle(id, 'rejected');
        if (error !== null) return; // lost with its channel: nobody knows, and it will time out
        if (!this.#returned.delete(id)) this.counts.add('reached');
      },
    );
  }

  async #setUp(model: ChannelModel): Promise<void> {
    const { setting, hop, log } = this.#options;
    const channel = await model.createConfirmChannel();
    const giveUp = (why: string): void => {
      if (this.#channel === channel) this.#channel = undefined;
      if (this.#closing) return;
      log.warn(why);
      model.close().catch(() => undefined); // already closed is as good; recovery takes it from here
    };
    channel.on('error', (error) => log.warn({ error: error.message }, 'amqp channel error'));
    channel.on('close', () => giveUp('amqp channel closed'));
    channel.on('return', ({ properties }) => this.#returned.add(String(properties.messageId)));
    await declareRequests(channel, setting, hop);
    await channel.consume(
      directReplyTo,
      (reply) => {
        if (reply === null) return giveUp('the broker cancelled the consumer of answers');
        this.#answered(reply);
      },
      { noAck: true },
    );
    this.#returned.clear();
    this.#channel = channel;
  }

  #answered({ properties, content }: ConsumeMessage): void {
    const { outcome } = JSON.parse(content.toString('utf8')) as ReplyMessage; // the server's own contract
    const id = String(properties.correlationId);
    if (this.#pending.has(id)) return this.#settle(id, outcome);
    this.counts.add('late');
    this.#overdue.get(id)?.answeredLate?.();
    this.#overdue.delete(id);
  }

  #settle(id: string, outcome: AttemptOutcome): void {
    const pending = this.#pending.get(id);
    if (pending === undefined) return; // over already
    this.#pending.delete(id);
    const endedAt = monotonicMs();
    if (outcome === 'rejected') this.counts.add('rejected', endedAt);
    if (outcome === 'error') this.counts.add('errors', endedAt);
    pending.attempter.attempted({ outcome, sentAt: pending.sentAt, endedAt });
  }

  #expire(pending: Pending, nowMs: number): void {
    this.#pending.delete(pending.id);
    this.counts.add('timedOut', nowMs);
    const { id, sentAt, attempter } = pending;
    if (attempter.answeredLate !== undefined) this.#overdue.set(id, attempter);
    attempter.attempted({ outcome: 'timeout', sentAt, endedAt: nowMs });
  }
}

/** amqplib tells a refusal by the broker from a lost channel by its message only. */
function isNack(error: unknown): boolean {
  return error instanceof Error && error.message === 'message nacked';
}
