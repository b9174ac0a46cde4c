/**
 * Pairs commands with replies: first in, first out, but for what Redis sends unasked (pushes, messages to
 * subscribers, MONITOR lines), answers more than once (SUBSCRIBE) or not at all (CLIENT REPLY OFF).
 *
 * What a command is answered with depends on what the commands before it did, and a client need not wait for
 * that. So each is looked at when it is first in line: then all before it have had their effect here too.
 * A transaction's commands are answered QUEUED, and stand first in line again when EXEC is answered; when nothing
 * came of it they are answered with an error. So a command that was read gets one answer, in the end, or its
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
  /** How many words follow the name. */
  readonly argCount: number;
  /** What CLIENT REPLY asks for; undefined of any other command, and of one that Redis refuses. */
  readonly mode: ReplyMode | undefined;
  /** What HELLO asks for. */
  readonly version: 2 | 3 | undefined;
  readonly command: Command;
  /** Run by EXEC, so it is carried out and not queued. */
  readonly executed: boolean;
}

type ReplyMode = 'ON' | 'OFF' | 'SKIP';

const subscribing = /^[PS]?SUBSCRIBE$/;
const unsubscribing = /^[PS]?UNSUBSCRIBE$/;
const confirmation = /^([ps]?)(un)?subscribe$/;
const message = /^[ps]?message$/;
const monitorLine = /^\d+\.\d+ \[/;
/** Within a transaction these are carried out, or refused, at once. */
const neverQueued = /^(MULTI|EXEC|DISCARD|RESET|QUIT|WATCH)$/;
/** In RESP2 a subscriber may say nothing else. */
const allowedToSubscribers = /^([PS]?(UN)?SUBSCRIBE|PING|QUIT|RESET)$/;
/** May wait for others: another client's push, a replica, the clock. */
const blocking =
  /^(B[LRZ](POP|POPMIN|POPMAX|MOVE|MPOP)|BRPOPLPUSH|XREAD|XREADGROUP|WAIT|WAITAOF|[PS]?SUBSCRIBE|MONITOR)$/;
export class Pairing<Command> {
  #asked: Asked<Command>[] = [];
  /** Index of the first in line: taking it out of a long list costs what the list is long. */
  #first = 0;
  /** Replies still to come to the first in line; undefined until it was looked at. */
  #repliesLeft: number | undefined;
  /** Commands the server has queued for EXEC; undefined outside a transaction. */
  #transaction: Asked<Command>[] | undefined;
  #monitoring = false;
  #protocol: 2 | 3 = 2;
  /** Channels by kind: `` plain, `p` patterns, `s` shards. */
  readonly #subscriptions = new Map([
    ['', new Set<string>()],
    ['p', new Set<string>()],
    ['s', new Set<string>()],
  ]);
  #replies: 'on' | 'off' | 'skip next' = 'on';

  /** @param words the command's words, its name first. */
  ask(words: readonly Buffer[], command: Command): void {
    const name = words[0]?.toString('latin1').toUpperCase() ?? '';
    if (name === '') return; // Redis ignores empty commands
    if (name === 'SYNC' || name === 'PSYNC') throw new ProtocolError('a replication stream');
    const mode = name === 'CLIENT' ? replyMode(words) : undefined;
    const version = name === 'HELLO' ? versionOf(words[1]) : undefined;
    const argCount = words.length - 1;
    this.#asked.push({ name, argCount, mode, version, command, executed: false });
    this.#passUnanswered();
  }

  /** True while the server owes an answer that comes without anybody else's doing. */
  get awaited(): boolean {
    const asked = this.#asked[this.#first];
    return asked !== undefined && !blocking.test(asked.name);
  }

  /** @returns the commands this reply answers, each with its part of it. */
  answer(reply: RespValue): readonly Answer<Command>[] {
    this.#passDenied(reply);
    const expected = this.#isExpected(reply);
    const asked = this.#asked[this.#first];
    if (expected && asked !== undefined) this.#repliesLeft ??= this.#repliesTo(asked);
    this.#noteSubscription(reply);
    if (!expected || asked === undefined || this.#repliesLeft === undefined) return [];

    this.#repliesLeft -= 1;
    if (this.#repliesLeft > 0 && !isError(reply)) return [];
    this.#next();
    if (this.#replies === 'skip next' && !asked.executed) this.#replies = 'on';
    const answers = this.#carriedOut(asked, reply);
    this.#passUnanswered();
    return answers;
  }

  #isExpected(reply: RespValue): boolean {
    if (reply.kind === 'push') return this.#confirms(reply) && this.#asksSubscription;
    if (reply.kind === 'simple' && this.#monitoring) return !monitorLine.test(reply.text);
    if (reply.kind !== 'array' || !this.#allowsSubscriberOnly) return true;
    if (this.#confirms(reply)) return this.#asksSubscription;
    return !message.test(eventOf(reply)) || (this.#executing && !this.#publishes);
  }

  /** While EXEC runs nobody speaks but the transaction itself, whose publishing reaches its own subscription. */
  get #executing(): boolean {
    return this.#asked[this.#first]?.executed === true;
  }

  get #publishes(): boolean {
    return /^S?PUBLISH$/.test(this.#asked[this.#first]?.name ?? '');
  }

  /** A list may begin with any word: it is a confirmation only where one can come. */
  #confirms(reply: RespValue): boolean {
    if (!confirmation.test(eventOf(reply))) return false;
    if (reply.kind === 'push' || this.#asksSubscription) return true;
    return this.#allowsSubscriberOnly && !this.#executing;
  }

  get #asksSubscription(): boolean {
    const name = this.#asked[this.#first]?.name ?? '';
    return subscribing.test(name) || unsubscribing.test(name);
  }

  /** What a command does to the connection, by its reply; and what that reply answers. */
  #carriedOut(asked: Asked<Command>, reply: RespValue): readonly Answer<Command>[] {
    const { name, command } = asked;
    if (this.#transaction !== undefined && !neverQueued.test(name)) {
      if (isError(reply)) return [{ command, reply }];
      this.#transaction.push(asked);
      return [];
    }
    const answers = [{ command, reply }];
    if (name === 'EXEC') return [...answers, ...this.#executed(reply)];
    if (isError(reply)) return answers;
    if (name === 'DISCARD') return [...answers, ...this.#dropped(name)];
    if (name === 'RESET') {
      const dropped = this.#dropped(name);
      this.#reset();
      return [...answers, ...dropped];
    }
    if (name === 'MULTI') this.#transaction = [];
    if (name === 'MONITOR') this.#monitoring = true;
    if (name === 'HELLO') this.#protocol = reply.kind === 'map' ? 3 : 2;
    if (asked.mode === 'ON' && this.#replies === 'off') this.#replies = 'on';
    return answers;
  }

  /**
   * What EXEC ran comes first in line again, for the items of its reply. Where a command is answered more
   * than once, Redis counts the items too low, and the last of them follow as replies of their own.
   */
  #executed(reply: RespValue): readonly Answer<Command>[] {
    if (isError(reply)) return this.#dropped(textOf(reply) ?? '');
    if (reply.kind === 'null') return this.#dropped('a watched key changed');
    const queued = this.#transaction ?? [];
    this.#transaction = undefined;
    this.#putFirst(queued);
    this.#passUnanswered();
    const answers = itemsOf(reply).flatMap((item) => this.answer(item));
    let omitted = ('omitted' in reply && reply.omitted) || 0;
    for (; omitted > 0 && this.#executing; omitted -= 1) this.#next();
    return answers;
  }

  /** The transaction is over, and nothing of it was done. */
  #dropped(why: string): readonly Answer<Command>[] {
    const queued = this.#transaction ?? [];
    this.#transaction = undefined;
    const reply: RespValue = { kind: 'error', text: `transaction dropped: ${why}` };
    return queued.map(({ command }) => ({ command, reply }));
  }

  #putFirst(queued: readonly Asked<Command>[]): void {
    const executed = queued.map((asked) => ({ ...asked, executed: true }));
    this.#asked = [...executed, ...this.#asked.slice(this.#first)];
    this.#first = 0;
  }

  /** Takes out of the line what is not answered at all. */
  #passUnanswered(): void {
    for (;;) {
      const asked = this.#asked[this.#first];
      if (asked === undefined || this.#repliesLeft !== undefined || this.#willAnswer(asked)) return;
      this.#next();
      this.#passed(asked);
    }
  }

  /** A subscription is confirmed while replies are off, its refusal is not said: what follows shows it. */
  #passDenied(reply: RespValue): void {
    if (this.#replies !== 'off' || !this.#asksSubscription) return;
    if (this.#repliesLeft !== undefined || reply.kind === 'push' || this.#confirms(reply)) return;
    this.#next();
    this.#passUnanswered();
  }

  /** What a command does that nothing is heard of: as if all went well. */
  #passed(asked: Asked<Command>): void {
    const { name, mode } = asked;
    const skipped = this.#replies === 'skip next' && !asked.executed;
    if (skipped) this.#replies = 'on';
    if (this.#refuses(asked)) return;
    if (this.#transaction !== undefined && !neverQueued.test(name)) {
      this.#transaction.push(asked);
      return;
    }
    if (mode === 'OFF') this.#replies = 'off';
    if (mode === 'SKIP' && this.#replies === 'on') this.#replies = 'skip next';
    if (asked.version !== undefined) this.#protocol = asked.version;
    if (name === 'MULTI') this.#transaction ??= [];
    if (name === 'DISCARD') this.#transaction = undefined;
    if (name === 'RESET') this.#reset();
    if (name === 'EXEC') {
      this.#putFirst(this.#transaction ?? []);
      this.#transaction = undefined;
    }
  }

  #willAnswer(asked: Asked<Command>): boolean {
    const { name, argCount, mode, executed } = asked;
    const isQueued = this.#transaction !== undefined && !neverQueued.test(name);
    if (!isQueued && subscribing.test(name) && argCount > 0) return true;
    if (!isQueued && unsubscribing.test(name)) return true;
    if (!isQueued && !this.#refuses(asked) && mode !== undefined) return mode === 'ON';
    if (this.#replies === 'off') return name === 'RESET';
    return this.#replies === 'on' || executed;
  }

  /** Redis looks at this when a command arrives, not again when EXEC carries it out. */
  #refuses({ name, executed }: Asked<Command>): boolean {
    return this.#allowsSubscriberOnly && !executed && !allowedToSubscribers.test(name);
  }

  #repliesTo({ name, argCount }: Asked<Command>): number {
    if (this.#transaction !== undefined) return 1;
    if (!subscribing.test(name) && !unsubscribing.test(name)) return 1;
    if (argCount > 0 || subscribing.test(name)) return argCount;
    // Without names, one confirmation for each there is, or one that there is none.
    const prefix = name === 'UNSUBSCRIBE' ? '' : name.charAt(0).toLowerCase();
    return Math.max(1, this.#subscriptions.get(prefix)?.size ?? 0);
  }

  #next(): void {
    this.#first += 1;
    this.#repliesLeft = undefined;
    if (this.#first < 1024 && this.#first < this.#asked.length) return;
    this.#asked.splice(0, this.#first);
    this.#first = 0;
  }

  #reset(): void {
    this.#transaction = undefined;
    this.#monitoring = false;
    this.#protocol = 2;
    this.#replies = 'on';
    for (const channels of this.#subscriptions.values()) channels.clear();
  }

  #noteSubscription(reply: RespValue): void {
    if (!this.#confirms(reply)) return;
    const [, kind = '', undone] = confirmation.exec(eventOf(reply)) ?? [];
    const channels = this.#subscriptions.get(kind);
    const channel = textOf(itemsOf(reply)[1]) ?? '';
    if (undone === undefined) channels?.add(channel);
    else channels?.delete(channel);
  }

  get #subscribed(): boolean {
    return [...this.#subscriptions.values()].some((channels) => channels.size > 0);
  }

  /** In RESP2 a subscriber's other commands are refused, and messages come as lists. */
  get #allowsSubscriberOnly(): boolean {
    return this.#protocol === 2 && this.#subscribed;
  }
}

function replyMode(words: readonly Buffer[]): ReplyMode | undefined {
  const [, subcommand, mode] = words.map((word) => word.toString('latin1', 0, 8).toUpperCase());
  if (words.length !== 3 || subcommand !== 'REPLY') return undefined;
  return mode === 'ON' || mode === 'OFF' || mode === 'SKIP' ? mode : undefined;
}

function versionOf(word: Buffer | undefined): 2 | 3 | undefined {
  const text = word?.toString('latin1', 0, 2);
  return text === '2' ? 2 : text === '3' ? 3 : undefined;
}

/** The first word of a list. */
function eventOf(reply: RespValue): string {
  const [first] = itemsOf(reply);
  return first?.kind === 'bulk' ? first.bytes.toString('latin1', 0, 16) : '';
}
