/**
 * A pen for writing histories by hand, event by event, in the shape the lab records them. For tests of
 * judges and renderers: what it writes looks like a run, and no broker took part in it.
 */
import type {
  CellSpec,
  EventBody,
  HistoryEvent,
  LedgerEntry,
  Meaning,
  RunHeader,
  WireEvent,
} from '@lab/contract';

type Passage = WireEvent['passage'];
type FaultPhase = Extract<EventBody, { kind: 'fault' }>['phase'];

/** Writes one cell. Time moves by itself with every event, and by `wait`. */
export class CellScript {
  readonly spec: CellSpec;
  readonly #lines: { t: number; source: string; body: EventBody }[] = [];
  readonly #ledger: LedgerEntry[] = [];
  readonly #dead: string[] = [];
  readonly #connections = new Map<string, number>();
  #t: number;

  constructor(spec: CellSpec, startMs = 0) {
    this.spec = spec;
    this.#t = startMs;
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
    for (const [index, role] of ['worker-1', 'worker-2', 'producer'].entries()) {
      this.record('lab', { kind: 'process', role, phase: 'spawned', pid: 4000 + index });
      this.record('lab', { kind: 'process', role, phase: 'ready', pid: 4000 + index });
    }
    return this.phase('load');
  }

  end(ending = 'completed'): this {
    return this.phase('done').record('lab', { kind: 'cell', phase: 'end', ending });
  }

  phase(name: Extract<EventBody, { kind: 'phase' }>['name']): this {
    return this.record('lab', { kind: 'phase', name });
  }

  /** @param redelivered as the broker marks it; RabbitMQ only */
  wire(
    role: string,
    means: Meaning,
    key: string,
    passage: Passage = 'crossed',
    redelivered = false,
  ): this {
    const { server, frame, direction } = this.#frameOf(means);
    const link = `${role}>${server}`;
    return this.record('tap', {
      kind: 'wire',
      link,
      connection: this.#connections.get(link) ?? 1,
      direction,
      protocol: server === 'rabbitmq' ? 'amqp' : 'redis',
      frame,
      passage,
      means,
      keys: [key],
      ...(redelivered ? { redelivered } : {}),
    });
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

  reconnect(role: string, server: string): this {
    const link = `${role}>${server}`;
    this.#connections.set(link, (this.#connections.get(link) ?? 1) + 1);
    return this;
  }

  publish(key: string): this {
    return this.wire('producer', 'publish', key).wire('producer', 'confirm', key);
  }

  deliver(role: string, key: string, redelivered = false): this {
    return this.wire(
      role,
      'deliver',
      key,
      'crossed',
      redelivered && this.spec.transport === 'rabbitmq',
    );
  }

  /** The effect is sent, applied in the ledger, and answered. */
  effect(role: string, key: string): this {
    this.wire(role, 'effect', key);
    return this.applied(role, key);
  }

  applied(role: string, key: string): this {
    const entry = `entry-${this.#ledger.length + 1}`;
    this.#ledger.push({ entry, key, kind: 'effect', amount: 100 + this.#ledger.length, by: role });
    return this.wire(role, 'effect-applied', key).say(role, 'effect', 'ok', key, 'applied');
  }

  refused(role: string, key: string): this {
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

  fault(phase: FaultPhase, verb: string, target: string, id = 'F1'): this {
    const readBack = verb === 'cut' ? 'toxiproxy enabled=false' : 'tap holds both directions';
    return this.record('lab', {
      kind: 'fault',
      id,
      verb,
      target,
      label: `${verb} ${target}`,
      phase,
      ...(phase === 'on' ? { applied: readBack } : {}),
    });
  }

  settled(outcome: 'met' | 'timed out' = 'met', limitMs = 5000): this {
    this.phase('settle');
    if (outcome === 'timed out') this.wait(limitMs);
    const condition = 'every job is settled: queue empty, nothing unacknowledged, effects stable';
    return this.record('lab', { kind: 'wait', condition, outcome, limitMs }).phase('observe');
  }

  snapshot(
    name = 'final',
    state: { drained?: boolean; ready?: number; unacknowledged?: number } = {},
  ): this {
    const { drained = true, ready = 0, unacknowledged = 0 } = state;
    const [dead, ledger] = [[...this.#dead], [...this.#ledger]];
    return this.record('lab', {
      kind: 'snapshot',
      snapshot: { name, drained, ready, unacknowledged, dead, ledger },
    });
  }

  /** Compensates all effects of these keys beyond the first. */
  compensate(...keys: readonly string[]): this {
    for (const key of keys) {
      const [, ...extra] = this.#ledger.filter(
        (entry) => entry.key === key && entry.kind === 'effect',
      );
      for (const { entry, amount } of extra) {
        this.#ledger.push({
          entry: `compensation-of-${entry}`,
          key,
          kind: 'compensation',
          amount: -amount,
          by: 'reconciler',
          compensates: entry,
        });
      }
    }
    return this;
  }

  /** The reconciler applies what is missing. */
  makeGood(key: string): this {
    const entry = `repair-${this.#ledger.length + 1}`;
    this.#ledger.push({ entry, key, kind: 'effect', amount: 100, by: 'reconciler' });
    return this;
  }

  recovery(round: number, repairs: number, exitCode = 0): this {
    return this.record('lab', { kind: 'recovery', round, exitCode, repairs });
  }

  #frameOf(means: Meaning): { server: string; frame: string; direction: 'up' | 'down' } {
    const amqp = amqpFrames[means];
    if (this.spec.transport === 'rabbitmq' && amqp !== undefined) {
      return { server: 'rabbitmq', frame: amqp.frame, direction: amqp.direction };
    }
    return { server: 'redis', ...redisFrames[means] };
  }
}

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
 * @param header when given, the history opens and closes with the run
 */
export function mergeCells(cells: readonly CellScript[], header?: RunHeader): HistoryEvent[] {
  const lines = cells.flatMap(({ events }) => events).toSorted((a, b) => a.t - b.t);
  const last = lines.at(-1)?.t ?? 0;
  const whole =
    header === undefined
      ? lines
      : [
          {
            t: 0,
            cell: 'run',
            source: 'lab',
            body: { kind: 'run', phase: 'start', header } as const,
          },
          ...lines,
          {
            t: last,
            cell: 'run',
            source: 'lab',
            body: { kind: 'run', phase: 'end', header } as const,
          },
        ];
  return whole.map(({ t, cell, source, body }, seq) => ({ seq, t, cell, source, ...body }));
}
