/**
 * Pairs commands with replies: first in, first out, but for what Redis sends unasked (pushes, messages to
 * subscribers, MONITOR lines), answers more than once (SUBSCRIBE) or not at all (CLIENT REPLY OFF).
 * Replies inside a transaction only say QUEUED; EXEC's reply answers all of them, and when nothing came of the
 * transaction they are answered with an error. So a command that was read gets one answer, in the end, or its
 * connection ended first, or its client wanted no replies.
 */
import { ProtocolError } from '../conversation.ts';
import { isError, itemsOf, textOf, type RespValue } from './value.ts';

/** A reply with the commands it answers; none when the server spoke unasked. */
export interface Answer<Command> {
  readonly command: Command;
  readonly reply: RespValue;
}

interface Asked<Command> {
  readonly name: string;
  readonly command: Command;
  /** Replies still to come. */
  replies: number;
}

const subscribing = /^[PS]?SUBSCRIBE$/;
const unsubscribing = /^[PS]?UNSUBSCRIBE$/;
const confirmation = /^([ps]?)(un)?subscribe$/;
const message = /^[ps]?message$/;
const monitorLine = /^\d+\.\d+ \[/;

export class Pairing<Command> {
  readonly #asked: Asked<Command>[] = [];
  /** Commands the server has queued for EXEC; undefined outside a transaction. */
  #transaction: Command[] | undefined;
  #monitoring = false;
  /** Channels by kind: `` plain, `p` patterns, `s` shards. */
  readonly #subscriptions = new Map([
    ['', new Set<string>()],
    ['p', new Set<string>()],
    ['s', new Set<string>()],
  ]);
  #replies: 'on' | 'off' | 'skip next' = 'on';

  /** @param args the command's words, its name first. */
  ask(args: readonly Buffer[], command: Command): void {
    const name = args[0]?.toString().toUpperCase() ?? '';
    if (name === '') return; // Redis ignores empty commands
    if (name === 'SYNC' || name === 'PSYNC') throw new ProtocolError('a replication stream');
    if (!this.#willAnswer(name, args)) return;
    this.#asked.push({ name, command, replies: this.#repliesTo(name, args) });
  }

  /** @returns the commands this reply answers, each with its part of it. */
  answer(reply: RespValue): readonly Answer<Command>[] {
    const [first] = itemsOf(reply);
    const event = textOf(first) ?? '';
    const confirmed = confirmation.exec(event);
    if (confirmed !== null) this.#noteSubscription(confirmed, reply);
    if (this.#isUnasked(reply, event, confirmed !== null)) return [];

    const asked = this.#asked[0];
    if (asked === undefined) return [];
    asked.replies -= 1;
    if (asked.replies > 0 && !isError(reply)) return [];
    this.#asked.shift();
    return this.#inTransaction(asked, reply);
  }

  #isUnasked(reply: RespValue, event: string, isConfirmation: boolean): boolean {
    const waiting = this.#asked[0]?.name ?? '';
    const asksSubscription = subscribing.test(waiting) || unsubscribing.test(waiting);
    if (reply.kind === 'push') return !(isConfirmation && asksSubscription);
    if (reply.kind === 'simple' && this.#monitoring) return monitorLine.test(reply.text);
    return reply.kind === 'array' && message.test(event) && this.#subscribed;
  }

  #inTransaction(asked: Asked<Command>, reply: RespValue): readonly Answer<Command>[] {
    const answers = [{ command: asked.command, reply }];
    switch (asked.name) {
      case 'MULTI':
        if (!isError(reply)) this.#transaction = [];
        return answers;
      case 'DISCARD':
        return isError(reply) ? answers : [...answers, ...this.#dropped(asked.name)];
      case 'RESET':
        this.#monitoring = false;
        return [...answers, ...this.#dropped(asked.name)];
      case 'MONITOR':
        this.#monitoring = !isError(reply);
        return answers;
      case 'EXEC': {
        if (isError(reply)) return [...answers, ...this.#dropped(textOf(reply) ?? '')];
        if (reply.kind === 'null') return [...answers, ...this.#dropped('a watched key changed')];
        const queued = this.#transaction ?? [];
        this.#transaction = undefined;
        const results = itemsOf(reply);
        const done = queued.flatMap((command, index) => {
          const result = results[index];
          return result === undefined ? [] : [{ command, reply: result }];
        });
        return [...answers, ...done];
      }
      default:
        if (this.#transaction !== undefined && textOf(reply) === 'QUEUED') {
          this.#transaction.push(asked.command);
          return [];
        }
        return answers;
    }
  }

  /** The transaction is over, and nothing of it was done. */
  #dropped(why: string): readonly Answer<Command>[] {
    const queued = this.#transaction ?? [];
    this.#transaction = undefined;
    const reply: RespValue = { kind: 'error', text: `transaction dropped: ${why}` };
    return queued.map((command) => ({ command, reply }));
  }

  #willAnswer(name: string, args: readonly Buffer[]): boolean {
    const mode =
      name === 'CLIENT' && args[1]?.toString().toUpperCase() === 'REPLY'
        ? args[2]?.toString().toUpperCase()
        : undefined;
    if (mode === 'ON') {
      this.#replies = 'on';
      return true;
    }
    if (mode === 'OFF' || mode === 'SKIP') {
      this.#replies = mode === 'OFF' || this.#replies === 'off' ? 'off' : 'skip next';
      return false;
    }
    if (this.#replies === 'skip next') {
      this.#replies = 'on';
      return false;
    }
    return this.#replies === 'on';
  }

  #repliesTo(name: string, args: readonly Buffer[]): number {
    if (subscribing.test(name)) return args.length - 1;
    if (!unsubscribing.test(name)) return 1;
    if (args.length > 1) return args.length - 1;
    // Without names, one confirmation for each there is, or one that there is none.
    const prefix = name === 'UNSUBSCRIBE' ? '' : name.charAt(0).toLowerCase();
    return Math.max(1, this.#subscriptions.get(prefix)?.size ?? 0);
  }

  #noteSubscription(confirmed: RegExpExecArray, reply: RespValue): void {
    const channels = this.#subscriptions.get(confirmed[1] ?? '');
    const channel = textOf(itemsOf(reply)[1]) ?? '';
    if (confirmed[2] === undefined) channels?.add(channel);
    else channels?.delete(channel);
  }

  get #subscribed(): boolean {
    return [...this.#subscriptions.values()].some((channels) => channels.size > 0);
  }
}
