/**
 * One job's story in one sentence, from what crossed (or did not cross) the wire:
 * "job-0004: delivered to worker-1, effect by worker-1, ack lost (cut worker-1>rabbitmq), delivered again to …".
 */
import type { Meaning, Witness } from '@lab/contract';

import {
  isAccepted,
  roleOf,
  type Evidence,
  type FaultAt,
  type JobEvidence,
  type WireAt,
} from './evidence.ts';
import { touches } from './fault-target.ts';

/**
 * @param until seq of the event that completes the violation; what came later is left out
 * @param ending a last clause, e.g. `and no effect in the ledger`
 * @param seqs further events that belong to the proof, e.g. the snapshot
 */
export function witnessOf(
  evidence: Evidence,
  key: string,
  options: {
    readonly until?: number;
    readonly ending?: string;
    readonly seqs?: readonly number[];
  } = {},
): Witness {
  const { until = Number.POSITIVE_INFINITY, ending, seqs = [] } = options;
  const wire = (evidence.jobs.get(key)?.wire ?? []).filter(
    (event) => event.seq <= until && isPartOfTheStory(event),
  );
  const faults = faultsOf(evidence, wire).filter(({ seq }) => seq <= until);
  const told = clauses(wire, evidence.faults);
  const job = evidence.jobs.get(key);
  if (told.length === 0 && job !== undefined && isAccepted(job)) told.push('accepted');
  const story = [...told, ...(ending === undefined ? [] : [ending])];
  return {
    key,
    seqs: [
      ...new Set([...wire.map(({ seq }) => seq), ...faults.map(({ seq }) => seq), ...seqs]),
    ].toSorted((a, b) => a - b),
    story: `${key}: ${story.length === 0 ? 'never seen on the wire' : story.join(', ')}`,
  };
}

/**
 * The seq at which an entry of the ledger became a fact, by the wire: when the store answered that it appended it, or, where
 * no answer was seen, when its command was sent. Undefined when the wire says nothing of this entry, or that it was refused.
 */
export function seqOfEntry(job: JobEvidence | undefined, entry: string): number | undefined {
  if (job === undefined) return undefined;
  const about = (event: WireAt): boolean => event.entries?.some((e) => e.entry === entry) === true;
  const answers = answersGiven(job.wire).filter(about);
  if (answers.length > 0) return answers.find(isApplied)?.seq;
  return job.wire.find((event) => isSent(event) && about(event))?.seq;
}

/**
 * The same of the effects of a job whose frames do not say which entries they carry: the n-th that was not refused. Of one
 * that does, the n-th could be another's, so there is no answer.
 */
export function seqOfNthEffect(job: JobEvidence | undefined, n: number): number | undefined {
  if (job === undefined || job.wire.some(({ entries }) => entries !== undefined)) return undefined;
  const answered = answersGiven(job.wire);
  const applied = answered.filter(({ means }) => means === 'effect-applied');
  const refused = answered.some(({ means }) => means === 'effect-refused');
  const sent = refused
    ? []
    : job.wire.filter(({ means, passage }) => means === 'effect' && passage === 'crossed');
  return (applied[n - 1] ?? sent[n - 1])?.seq;
}

function isApplied({ means }: WireAt): boolean {
  return means === 'effect-applied' || means === 'compensate-applied';
}

function isSent({ means, passage }: WireAt): boolean {
  return (means === 'effect' || means === 'compensate') && passage === 'crossed';
}

/** The store's answers as they were given: one that is held was given when it reached the tap, not when it was let go. */
function answersGiven(wire: readonly WireAt[]): WireAt[] {
  const repeats = repeatsOfHeld(wire);
  return wire.filter((event) => isAnswer(event) && !repeats.has(event));
}

const answerMeanings: ReadonlySet<Meaning | undefined> = new Set([
  'effect-applied',
  'effect-refused',
  'compensate-applied',
  'compensate-refused',
]);

function isAnswer({ means }: WireAt): boolean {
  return answerMeanings.has(means);
}

/** The second lines of frames that were held: the same frame, let go or lost. What is behind a held frame waits, so order tells. */
function repeatsOfHeld(wire: readonly WireAt[]): ReadonlySet<WireAt> {
  const waiting = new Map<string, number>();
  const repeats = new Set<WireAt>();
  for (const event of wire) {
    const lane = `${event.link} ${event.connection} ${event.direction} ${event.means}`;
    const held = waiting.get(lane) ?? 0;
    if (event.passage === 'held') waiting.set(lane, held + 1);
    else if (held > 0) {
      waiting.set(lane, held - 1);
      repeats.add(event);
    }
  }
  return repeats;
}

/** What `fault` events came on over the links of these frames. */
function faultsOf(evidence: Evidence, wire: readonly WireAt[]): FaultAt[] {
  const stopped = wire.filter(({ passage }) => passage !== 'crossed');
  return evidence.faults.filter(
    (fault) => fault.phase === 'on' && stopped.some(({ link }) => touches(fault.target, link)),
  );
}

/** Whether a frame of this meaning is worth telling: as it crosses, only when it was stopped, or never. */
const toldWhen: Record<Meaning, 'always' | 'stopped' | 'never'> = {
  publish: 'always',
  confirm: 'stopped',
  refuse: 'always',
  deliver: 'always',
  settle: 'always',
  'settle-reply': 'never',
  requeue: 'always',
  reject: 'always',
  renew: 'never',
  claim: 'stopped',
  effect: 'always',
  'effect-applied': 'always',
  'effect-refused': 'always',
  compensate: 'stopped',
  'compensate-applied': 'always',
  'compensate-refused': 'always',
};

function isPartOfTheStory({ means, passage }: WireAt): boolean {
  if (means === undefined) return false;
  return toldWhen[means] === 'always' || (toldWhen[means] === 'stopped' && passage !== 'crossed');
}

/** What is said of a frame that crossed; `times` counts such frames so far, this one included. */
const phrases: Record<
  Meaning,
  (role: string, times: number, redelivered: boolean) => string | null
> = {
  publish: (_, times) => (times > 1 ? 'published again' : null),
  confirm: () => null,
  refuse: () => 'refused by the broker',
  deliver: (role, times, redelivered) =>
    `delivered${again(times)} to ${role}${redelivered && times === 1 ? ' as redelivered' : ''}`,
  settle: (role) => `settled by ${role}`,
  'settle-reply': () => null,
  requeue: (role) => `given back by ${role}`,
  reject: (role) => `given up by ${role}`,
  renew: () => null,
  claim: () => null,
  effect: (role, times) => `effect${again(times)} sent by ${role}`,
  'effect-applied': (role, times) => `effect${again(times)} by ${role}`,
  'effect-refused': (role) => `effect refused to ${role}`,
  compensate: () => null,
  'compensate-applied': (role) => `taken back by ${role}`,
  'compensate-refused': (role) => `taking back refused to ${role}`,
};

const again = (times: number): string => (times > 1 ? ' again' : '');

function clauses(wire: readonly WireAt[], faults: readonly FaultAt[]): string[] {
  const answered = wire.some(({ means }) => means?.startsWith('effect-'));
  const repeats = repeatsOfHeld(wire);
  const times = new Map<Meaning, number>();
  return wire.flatMap((event, index) => {
    const { means, passage } = event;
    if (means === undefined) return [];
    const role = roleOf(event);
    const stopped = (): string[] => {
      if (passage === 'lost') return [`${frameName(event, means)} lost${by(event, faults)}`];
      if (isLostLater(event, wire.slice(index + 1))) return [];
      return [`${frameName(event, means)} of ${role} held${by(event, faults)}`];
    };
    if (passage !== 'crossed' && !isAnswer(event)) return stopped();
    if (means === 'effect' && answered) return []; // its answer tells more
    if (isAnswer(event) && repeats.has(event)) return passage === 'lost' ? stopped() : [];
    const n = (times.get(means) ?? 0) + 1;
    times.set(means, n);
    const said = phrases[means](role, n, event.redelivered === true);
    return [...(said === null ? [] : [said]), ...(passage === 'crossed' ? [] : stopped())];
  });
}

function frameName(event: WireAt, means: Meaning): string {
  if (means === 'settle') return event.protocol === 'amqp' ? 'ack' : 'completion';
  if (isAnswer(event)) return "the store's answer";
  return means === 'deliver' ? 'delivery' : means;
}

function isLostLater(held: WireAt, later: readonly WireAt[]): boolean {
  const next = later.find(
    ({ link, direction, means, connection }) =>
      link === held.link &&
      direction === held.direction &&
      means === held.means &&
      connection === held.connection,
  );
  return next?.passage === 'lost';
}

function by(event: WireAt, faults: readonly FaultAt[]): string {
  const fault = faults.find(({ phase, target }) => phase === 'on' && touches(target, event.link));
  return fault === undefined ? '' : ` (${fault.label})`;
}
