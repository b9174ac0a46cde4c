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

/** The seq at which the n-th effect of a key became a fact, by the wire; undefined when the wire is silent. */
export function seqOfEffect(job: JobEvidence | undefined, n: number): number | undefined {
  const applied = job?.wire.filter(
    ({ means, passage }) => means === 'effect-applied' && passage !== 'held',
  );
  const sent = job?.wire.filter(
    ({ means, passage }) => means === 'effect' && passage === 'crossed',
  );
  return (applied?.[n - 1] ?? sent?.[n - 1])?.seq;
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
  const times = new Map<Meaning, number>();
  return wire.flatMap((event, index) => {
    const { means, passage } = event;
    if (means === undefined) return [];
    const role = roleOf(event);
    if (passage === 'lost') return [`${frameName(event, means)} lost${by(event, faults)}`];
    if (passage === 'held') {
      if (isLostLater(event, wire.slice(index + 1))) return [];
      return [`${frameName(event, means)} of ${role} held${by(event, faults)}`];
    }
    if (means === 'effect' && answered) return []; // its answer tells more
    const n = (times.get(means) ?? 0) + 1;
    times.set(means, n);
    return phrases[means](role, n, event.redelivered === true) ?? [];
  });
}

function frameName({ protocol }: WireAt, means: Meaning): string {
  if (means === 'settle') return protocol === 'amqp' ? 'ack' : 'completion';
  if (means === 'effect-applied' || means === 'effect-refused') return "the store's answer";
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
