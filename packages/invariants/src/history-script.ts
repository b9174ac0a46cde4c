/**
 * A pen for writing histories by hand, event by event, in the shape the lab records them. For tests of
 * judges and renderers: what it writes looks like a run, and no broker took part in it.
 */
import type {
  CellSpec,
  EventBody,
  HistoryEvent,
  LedgerEntry,
  LifePhase,
  Meaning,
  RunHeader,
  WireEvent,
} from '@lab/contract';
import { lifePhases } from '@lab/contract/schemas';

type Passage = WireEvent['passage'];
type FaultPhase = Extract<EventBody, { kind: 'fault' }>['phase'];
type ProbeOutcome = Extract<EventBody, { kind: 'probe' }>['outcome'];
type EntryOnTheWire = NonNullable<WireEvent['entries']>[number];

/** Writes one cell. Time moves by itself with every event, and by `wait`. */
export class CellScript {
  readonly spec: CellSpec;
  readonly #lines: { t: number; source: string; body: EventBody }[] = [];
  readonly #ledger: LedgerEntry[] = [];
  readonly #dead: string[] = [];
  /** The connection that each link is on, and whether it is open. */
  readonly #connections = new Map<string, { number: number; open: boolean }>();
  /** What was sent to the ledger and not answered yet, by role and key. */
  readonly #sent = new Map<string, EntryOnTheWire>();
  readonly #alive = new Map<string, number>();
  readonly #outcomes = new Map<string, 'invoke' | 'ok'>();
  readonly #entered = new Set<LifePhase>();
  /** Keys of messages that were not handed out yet. */
  readonly #messages = new Set<string>();
  readonly #amounts: ReadonlyMap<string, number>;
  #entries = 0;
  #rounds = 0;
  #t: number;

  constructor(spec: CellSpec, startMs = 0) {
    this.spec = spec;
    this.#t = startMs;
    this.#amounts = new Map(spec.orders?.map(({ key, amount }) => [key, amount]));
  }

  get events(): readonly { t: number; cell: string; source: string; body: EventBody }[] {
    return this.#lines.map((line) => ({ ...line, cell: this.spec.id }));
  }

  get endMs(): number {
    return this.#t;
  }

  record(source: string, body: EventBody): this {
    this.#t += 0.2 + ((this.#lines.length * 7) % 11) / 10;
    this.#lines.push({ t: Math.round(this.#t * 1000) / 1000, source, body });
    return this;
  }

  wait(ms: number): this {
    this.#t += ms;
    return this;
  }

  begin(): this {
    this.record('lab', { kind: 'cell', phase: 'start', spec: this.spec });
    this.phase('start');
    for (const role of ['worker-1', 'worker-2']) this.#spawn(role);
    this.phase('load');
    return this.#spawn('producer');
  }

  /** Whoever still runs is told to end, or is killed where the cell broke off; then the lines are counted. */
  end(ending = 'completed'): this {
    if (ending === 'completed') this.#stopAll().phase('done');
    else for (const role of this.#alive.keys()) this.killed(role, 'lab');
    for (const server of this.#servers()) {
      this.record('lab', { kind: 'server', server, phase: 'answers' });
    }
    this.record('lab', { kind: 'cell', phase: 'end', ending });
    return this.#countLines();
  }

  /** Enters a phase, and those before it that were not entered yet. */
  phase(name: LifePhase): this {
    for (const phase of lifePhases.slice(0, lifePhases.indexOf(name) + 1)) {
      if (this.#entered.has(phase) || (phase === 'recover' && name !== 'recover')) continue;
      this.#entered.add(phase);
      this.record('lab', { kind: 'phase', name: phase });
    }
    return this;
  }

  /** Its process is gone from one moment to the next, and its connections with it. */
  killed(role: string, by: 'client' | 'lab' = 'client'): this {
    this.#endConnections(`${role}>`, by, 'rst');
    return this.#exit(role, 'SIGKILL');
  }

  /** @param redelivered as the broker marks it */
  wire(
    role: string,
    means: Meaning,
    key: string,
    passage: Passage = 'crossed',
    redelivered = false,
  ): this {
    const { server, frame, direction } = this.#frameOf(means);
    const link = `${role}>${server}`;
    const connection = this.#connectionOf(link, passage);
    if (means === 'publish') this.#outcome(key, 'invoke').#messages.add(key);
    if (means === 'deliver' && passage !== 'held') this.#messages.delete(key);
    const entry = this.#entryOf(role, means, key);
    this.record('tap', {
      kind: 'wire',
      link,
      connection,
      direction,
      protocol: server === 'rabbitmq' ? 'amqp' : 'redis',
      frame,
      passage,
      means,
      keys: [key],
      ...(redelivered ? { redelivered } : {}),
      ...(entry === undefined ? {} : { entries: [entry] }),
      ...(entry !== undefined && direction === 'up' ? { script: true } : {}),
    });
    return means === 'confirm' && passage === 'crossed' ? this.#outcome(key, 'ok') : this;
  }

  say(
    role: string,
    op: 'attempt' | 'effect' | 'settle',
    phase: 'ok' | 'fail' | 'info',
    key: string,
    detail: string,
  ): this {
    return this.record(role, { kind: 'job', op, phase, key, detail });
  }

  /** What its links carry next is on a new connection. */
  reconnect(role: string, server: string): this {
    const link = `${role}>${server}`;
    this.#endConnections(link, 'client', 'fin');
    return this;
  }

  publish(key: string): this {
    return this.wire('producer', 'publish', key).wire('producer', 'confirm', key);
  }

  /** @param redelivered as the broker marks it: what was handed out before always is */
  deliver(role: string, key: string, redelivered = !this.#messages.has(key)): this {
    return this.wire(role, 'deliver', key, 'crossed', redelivered).record(role, {
      kind: 'job',
      op: 'attempt',
      phase: 'invoke',
      key,
    });
  }

  /** The effect is sent, applied in the ledger, and answered. */
  effect(role: string, key: string): this {
    this.wire(role, 'effect', key);
    return this.applied(role, key);
  }

  applied(role: string, key: string): this {
    if (!this.#sent.has(`${role} ${key}`)) this.wire(role, 'effect', key);
    return this.apply(role, key)
      .wire(role, 'effect-applied', key)
      .say(role, 'effect', 'ok', key, 'applied');
  }

  /** What was sent comes to stand in the ledger, and the answer is on its way. */
  apply(role: string, key: string): this {
    const sent = this.#sent.get(`${role} ${key}`);
    if (sent !== undefined) this.#ledger.push(sent);
    return this;
  }

  refused(role: string, key: string): this {
    if (!this.#sent.has(`${role} ${key}`)) this.wire(role, 'effect', key);
    return this.wire(role, 'effect-refused', key).say(role, 'effect', 'ok', key, 'duplicate');
  }

  settle(role: string, key: string): this {
    this.wire(role, 'settle', key).say(role, 'settle', 'ok', key, 'done');
    return this.spec.transport === 'bullmq' ? this.wire(role, 'settle-reply', key) : this;
  }

  deadLetter(role: string, key: string): this {
    this.#dead.push(key);
    return this.say(role, 'effect', 'fail', key, 'handler threw').wire(role, 'reject', key);
  }

  /** One job from publish to settle, without incident. */
  ordinary(role: string, key: string): this {
    return this.publish(key).deliver(role, key).effect(role, key).settle(role, key);
  }

  /** Said by the lab, and shown by its own round trips through the link; a cut ends what is on it. */
  fault(phase: FaultPhase, verb: string, target: string, id = 'F1'): this {
    const readBack = verb === 'cut' ? 'toxiproxy enabled=false' : 'tap holds both directions';
    this.record('lab', {
      kind: 'fault',
      id,
      verb,
      target,
      label: `${verb} ${target}`,
      phase,
      ...(phase === 'on' ? { applied: readBack } : {}),
    });
    const outcome = outcomesUnder[verb];
    if (outcome === undefined || !target.includes('>')) return this;
    if (phase === 'on') {
      if (verb === 'cut') this.#endConnections(target, 'server', 'fin');
      return this.probe(id, target, 'on', outcome);
    }
    return phase === 'off' ? this.probe(id, target, 'healed', 'answered') : this;
  }

  probe(
    fault: string,
    link: string,
    during: 'before' | 'on' | 'healed',
    outcome: ProbeOutcome,
    tookMs = outcome === 'silent' ? 300 : 1.5,
  ): this {
    const limitMs = during === 'on' ? 300 : 2000;
    return this.record('lab', { kind: 'probe', fault, link, during, outcome, tookMs, limitMs });
  }

  settled(outcome: 'met' | 'timed out' = 'met', limitMs = 5000): this {
    this.phase('settle').#producerEnds();
    if (outcome === 'timed out') this.wait(limitMs);
    const condition = 'every job is settled: queue empty, nothing unacknowledged, effects stable';
    this.record('lab', { kind: 'wait', condition, outcome, limitMs }).phase('observe');
    return this.#stopAll();
  }

  snapshot(
    name = 'final',
    state: { drained?: boolean; ready?: number; unacknowledged?: number } = {},
  ): this {
    const { drained = true, ready = 0, unacknowledged = 0 } = state;
    if (name.endsWith('recovery')) this.phase('recover');
    const [dead, ledger] = [[...this.#dead], [...this.#ledger]];
    return this.record('lab', {
      kind: 'snapshot',
      snapshot: { name, drained, ready, unacknowledged, dead, ledger },
    });
  }

  /** The reconciler compensates all effects of these keys beyond the first. */
  compensate(...keys: readonly string[]): this {
    for (const key of keys) {
      const [, ...extra] = this.#ledger.filter(
        (entry) => entry.key === key && entry.kind === 'effect',
      );
      for (const { entry, amount } of extra) {
        this.#repair({
          entry: `compensation-of-${entry}`,
          key,
          kind: 'compensation',
          amount: -amount,
          compensates: entry,
        });
      }
    }
    return this;
  }

  /** The reconciler applies what is missing. */
  makeGood(key: string): this {
    this.#entries += 1;
    const entry = `repair-${this.#entries}`;
    return this.#repair({ entry, key, kind: 'effect', amount: this.#amounts.get(key) ?? 100 });
  }

  /** The reconciler ends; it was started by its first repair, or is now. */
  recovery(round: number, repairs: number, exitCode = 0): this {
    const role = this.#reconciler();
    this.#rounds += 1;
    this.#endConnections(`${role}>`, 'client', 'fin').#exit(role, `code ${exitCode}`);
    return this.record('lab', { kind: 'recovery', round, exitCode, repairs });
  }

  /** Starts the reconciler of the next round, unless it runs. */
  #reconciler(): string {
    const role = `reconciler-${this.#rounds + 1}`;
    if (!this.#alive.has(role)) this.phase('recover').#spawn(role);
    return role;
  }

  #repair(entry: Omit<EntryOnTheWire, 'by'>): this {
    const by = this.#reconciler();
    const what = entry.kind === 'effect' ? 'effect' : 'compensate';
    const sent = { ...entry, by };
    this.#sent.set(`${by} ${entry.key}`, sent);
    this.wire(by, what, entry.key);
    this.#ledger.push(sent);
    this.#sent.set(`${by} ${entry.key}`, sent);
    return this.wire(by, `${what}-applied`, entry.key);
  }

  #spawn(role: string): this {
    const pid = 4000 + this.#alive.size + this.#rounds;
    this.#alive.set(role, pid);
    this.record('lab', { kind: 'process', role, phase: 'spawned', pid });
    // A program that ends by itself never says that it serves.
    return role.startsWith('worker')
      ? this.record('lab', { kind: 'process', role, phase: 'ready', pid })
      : this;
  }

  #exit(role: string, detail: string): this {
    const pid = this.#alive.get(role);
    if (pid === undefined) return this;
    this.#alive.delete(role);
    return this.record('lab', { kind: 'process', role, phase: 'exited', pid, detail });
  }

  /** The producer has an outcome for every job, and ends. */
  #producerEnds(): this {
    if (!this.#alive.has('producer')) return this;
    const open = [...this.#outcomes].filter(([, outcome]) => outcome !== 'ok');
    for (const [key] of open) {
      const event = { kind: 'job', op: 'publish', key } as const;
      this.record('producer', { ...event, phase: 'info', detail: 'no answer within 5000 ms' });
    }
    this.#endConnections('producer>', 'client', 'fin');
    return this.#exit('producer', open.length === 0 ? 'code 0' : 'code 1');
  }

  #outcome(key: string, phase: 'invoke' | 'ok'): this {
    const before = this.#outcomes.get(key);
    if (before === phase || before === 'ok') return this;
    this.#outcomes.set(key, phase);
    return this.record('producer', { kind: 'job', op: 'publish', phase, key });
  }

  #stopAll(): this {
    this.#producerEnds();
    for (const [role, pid] of this.#alive) {
      this.record('lab', { kind: 'process', role, phase: 'stopping', pid });
      this.#endConnections(`${role}>`, 'client', 'fin').#exit(role, 'code 0');
    }
    return this;
  }

  #servers(): string[] {
    const broker = this.spec.transport === 'rabbitmq' ? ['rabbitmq'] : [];
    return [...broker, 'redis', 'toxiproxy'];
  }

  #countLines(): this {
    const lines = new Map<string, number>();
    for (const { source } of this.#lines) lines.set(source, (lines.get(source) ?? 0) + 1);
    lines.delete('lab');
    for (const [of, count] of lines) this.#counted(of, count);
    return this.#counted('lab', this.#lines.filter(({ source }) => source === 'lab').length);
  }

  #counted(of: string, lines: number): this {
    return this.record('lab', { kind: 'record', of, lines, sha256: noFile });
  }

  /** What was lost belonged to the connection that ended; anything else opens the next one. */
  #connectionOf(link: string, passage: Passage): number {
    const known = this.#connections.get(link);
    if (known !== undefined && (known.open || passage === 'lost')) return known.number;
    const number = (known?.number ?? 0) + 1;
    this.#connections.set(link, { number, open: true });
    this.record('tap', { kind: 'connection', link, connection: number, phase: 'opened' });
    return number;
  }

  #endConnections(linkBegins: string, by: 'client' | 'server' | 'lab', how: 'fin' | 'rst'): this {
    for (const [link, connection] of this.#connections) {
      if (!connection.open || !link.startsWith(linkBegins)) continue;
      connection.open = false;
      const { number } = connection;
      this.record('tap', { kind: 'connection', link, connection: number, phase: 'ended', by, how });
    }
    return this;
  }

  /** The entry that a frame about the ledger carries: new with a command, the same in all that follows until the answer. */
  #entryOf(role: string, means: Meaning, key: string): EntryOnTheWire | undefined {
    if (!means.startsWith('effect') && !means.startsWith('compensate')) return undefined;
    const name = `${role} ${key}`;
    let entry = this.#sent.get(name);
    if (entry === undefined) {
      this.#entries += 1;
      const amount = this.#amounts.get(key) ?? 99 + this.#entries;
      entry = { entry: `entry-${this.#entries}`, key, kind: 'effect', amount, by: role };
      this.#sent.set(name, entry);
    }
    if (means.includes('-')) this.#sent.delete(name);
    return entry;
  }

  #frameOf(means: Meaning): { server: string; frame: string; direction: 'up' | 'down' } {
    const amqp = amqpFrames[means];
    if (this.spec.transport === 'rabbitmq' && amqp !== undefined) {
      return { server: 'rabbitmq', frame: amqp.frame, direction: amqp.direction };
    }
    return { server: 'redis', ...redisFrames[means] };
  }
}

/** There is no file behind a scripted line. */
const noFile = '0'.repeat(64);

/** What the lab's round trip comes to under a fault on the link. */
const outcomesUnder: Readonly<Record<string, ProbeOutcome>> = {
  cut: 'refused',
  reset: 'ended',
  hold: 'silent',
  blackhole: 'silent',
  latency: 'answered',
  throttle: 'answered',
};

type Frames = Record<Meaning, { readonly frame: string; readonly direction: 'up' | 'down' }>;

const amqpFrames: Partial<Frames> = {
  publish: { frame: 'basic.publish', direction: 'up' },
  confirm: { frame: 'basic.ack', direction: 'down' },
  refuse: { frame: 'basic.nack', direction: 'down' },
  deliver: { frame: 'basic.deliver', direction: 'down' },
  settle: { frame: 'basic.ack', direction: 'up' },
  requeue: { frame: 'basic.nack', direction: 'up' },
  reject: { frame: 'basic.reject', direction: 'up' },
};

const redisFrames: Frames = {
  publish: { frame: 'EVALSHA addStandardJob', direction: 'up' },
  confirm: { frame: 'reply EVALSHA addStandardJob', direction: 'down' },
  refuse: { frame: 'reply EVALSHA addStandardJob', direction: 'down' },
  deliver: { frame: 'reply EVALSHA moveToActive', direction: 'down' },
  settle: { frame: 'EVALSHA moveToFinished', direction: 'up' },
  'settle-reply': { frame: 'reply EVALSHA moveToFinished', direction: 'down' },
  requeue: { frame: 'EVALSHA retryJob', direction: 'up' },
  reject: { frame: 'EVALSHA moveToFinished', direction: 'up' },
  renew: { frame: 'EVALSHA extendLocks', direction: 'up' },
  claim: { frame: 'SET', direction: 'up' },
  effect: { frame: 'EVALSHA applyEffect', direction: 'up' },
  'effect-applied': { frame: 'reply EVALSHA applyEffect', direction: 'down' },
  'effect-refused': { frame: 'reply EVALSHA applyEffect', direction: 'down' },
  compensate: { frame: 'EVAL', direction: 'up' },
  'compensate-applied': { frame: 'reply EVAL', direction: 'down' },
  'compensate-refused': { frame: 'reply EVAL', direction: 'down' },
};

/**
 * Merges cells, side by side, into one history as the lab would.
 * @param header when given, the history opens and closes with the run, which planned these cells
 */
export function mergeCells(cells: readonly CellScript[], header?: RunHeader): HistoryEvent[] {
  const lines = cells.flatMap(({ events }) => events).toSorted((a, b) => a.t - b.t);
  const last = lines.at(-1)?.t ?? 0;
  const whole = header === undefined ? lines : aroundRun(lines, last, withPlan(header, cells));
  return whole.map(({ t, cell, source, body }, seq) => ({ seq, t, cell, source, ...body }));
}

type Line = CellScript['events'][number];

function aroundRun(lines: readonly Line[], last: number, header: RunHeader): Line[] {
  return [
    ofRun(0, { kind: 'run', phase: 'start', header }),
    ...lines,
    ofRun(last, { kind: 'run', phase: 'end', header }),
    ofRun(last, { kind: 'record', of: 'lab', lines: 2, sha256: noFile }),
  ];
}

function ofRun(t: number, body: EventBody): Line {
  return { t, cell: 'run', source: 'lab', body };
}

function withPlan(header: RunHeader, cells: readonly CellScript[]): RunHeader {
  const ids = cells.map(({ spec }) => spec.id);
  return { ...header, planned: ids.length, plan: { cells: ids, sha256: noFile } };
}
