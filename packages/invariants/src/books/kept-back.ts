/**
 * What may not have passed a link while a fault was on it, whatever a round trip of the lab's own says: a PING is silent
 * already when its answer alone is kept back.
 *
 * - Cut: nothing crosses the tap upwards, since the tap was told that its far side is closed before the fault was called on,
 *   and a connection made since then has no far side.
 * - Hold, black hole: what crossed the tap upwards has not reached the store before the heal. So it has no answer, in the
 *   ledger it stands behind all that was applied for others in the meantime, and nobody was refused because of it.
 */
import type { LedgerEntry } from '@lab/contract';

import { connectionId, serverOf, type Evidence, type WireAt } from '../evidence.ts';
import type { FaultPhases } from '../fault-records.ts';
import { touches } from '../fault-target.ts';
import type { Page } from './page.ts';

/** From the read-back to the beginning of the heal. */
interface While {
  readonly label: string;
  readonly target: string;
  readonly fromSeq: number;
  readonly untilSeq: number;
}

export function nothingCrossed(fault: FaultPhases, evidence: Evidence, page: Page): void {
  const during = whileOn(fault);
  if (during === undefined) return;
  for (const [link, frames] of evidence.links) {
    if (!touches(during.target, link)) continue;
    // One that was being made when the link was cut was not connected yet, and nobody could tell its tap.
    const connected = new Set(
      frames.filter(({ seq }) => seq < during.fromSeq).map((frame) => connectionId(frame)),
    );
    const crossed = frames.find(
      (frame) =>
        isWithin(frame, during) &&
        frame.direction === 'up' &&
        frame.passage === 'crossed' &&
        (connected.has(connectionId(frame)) || madeSince(frame, during, evidence)),
    );
    if (crossed === undefined) continue;
    page.write(
      `"${during.label}" was on, and ${crossed.frame} crossed ${link}`,
      fault.on?.seq,
      crossed.seq,
    );
  }
}

function madeSince(frame: WireAt, { fromSeq }: While, { connections }: Evidence): boolean {
  const { opened } = connections.get(connectionId(frame)) ?? {};
  return opened !== undefined && opened.seq > fromSeq;
}

export function nothingActed(fault: FaultPhases, evidence: Evidence, page: Page): void {
  const during = whileOn(fault);
  if (during === undefined || fault.first.label.endsWith(' down')) return;
  const ledger = evidence.snapshots.at(-1)?.snapshot.ledger ?? [];
  const places = new Map(ledger.map(({ entry }, place) => [entry, place]));
  for (const { command, entry } of sentInto(during, evidence)) {
    const place = places.get(entry.entry);
    const proof =
      answered(command, entry, during, evidence) ??
      (place === undefined // it never arrived
        ? undefined
        : (appliedBehind(place, ledger, during, evidence) ??
          refusedBecauseOf(entry, command, ledger, during, evidence)));
    if (proof === undefined) continue;
    page.write(
      `"${during.label}" was on, and what ${command.link} carried of ${entry.key} had reached ${serverOf(command)} before it was healed`,
      command.seq,
      proof.seq,
    );
    return; // of the others it is the same
  }
}

function whileOn({ first, on, healing }: FaultPhases): While | undefined {
  if (on === undefined) return undefined;
  const { label, target } = first;
  return { label, target, fromSeq: on.seq, untilSeq: healing?.seq ?? Infinity };
}

function isWithin({ seq }: WireAt, { fromSeq, untilSeq }: While): boolean {
  return seq > fromSeq && seq < untilSeq;
}

type Sent = {
  readonly command: WireAt;
  readonly entry: NonNullable<WireAt['entries']>[number];
};

function sentInto(during: While, evidence: Evidence): Sent[] {
  return [...evidence.links].flatMap(([link, frames]) =>
    touches(during.target, link)
      ? frames
          .filter(
            (frame) =>
              isWithin(frame, during) && frame.direction === 'up' && frame.passage === 'crossed',
          )
          .flatMap((command) => (command.entries ?? []).map((entry) => ({ command, entry })))
      : [],
  );
}

function answered(
  { link }: WireAt,
  { entry }: Sent['entry'],
  during: While,
  evidence: Evidence,
): WireAt | undefined {
  return evidence.entries
    .get(entry)
    ?.find(
      (frame) =>
        frame.link === link &&
        frame.direction === 'down' &&
        frame.passage === 'crossed' &&
        isWithin(frame, during),
    );
}

/** An entry that stands behind it, and that another link had the answer to before the heal. */
function appliedBehind(
  place: number,
  ledger: readonly LedgerEntry[],
  during: While,
  evidence: Evidence,
): WireAt | undefined {
  for (const { entry } of ledger.slice(place + 1)) {
    const answer = evidence.entries
      .get(entry)
      ?.find(
        (frame) =>
          frame.direction === 'down' &&
          frame.passage !== 'held' &&
          frame.seq < during.untilSeq &&
          !touches(during.target, frame.link),
      );
    if (answer !== undefined) return answer;
  }
  return undefined;
}

/** Another link's effect of the same job was refused before the heal, and there was nothing else to refuse it for. */
function refusedBecauseOf(
  { key, entry }: Sent['entry'],
  command: WireAt,
  ledger: readonly LedgerEntry[],
  during: While,
  evidence: Evidence,
): WireAt | undefined {
  const others = ledger.some(
    (other) => other.key === key && other.entry !== entry && other.kind === 'effect',
  );
  const wire = evidence.jobs.get(key)?.wire ?? [];
  // A guard may have left its mark before, apart from the effect.
  if (others || wire.some(({ means }) => means === 'claim')) return undefined;
  return wire.find(
    (frame) =>
      frame.means === 'effect-refused' &&
      frame.passage !== 'held' &&
      isWithin(frame, during) &&
      frame.link !== command.link,
  );
}
