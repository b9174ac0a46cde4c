/**
 * Ledger and wire, entry by entry, both ways. Each entry of the ledger was sent by a command that crossed a tap, with the
 * same key, kind and amount, on a link of the role that signs it; each command was answered, and what the answer says is
 * in the ledger or is not. Exceptions are what a declared fault, an ended connection or a death explains, and nothing else.
 *
 * And as many dead letters were read as the server counts.
 *
 * An entry that no tap saw is a stranger's, with one exception that accuses the program itself (`beyondTheScript`): a script
 * is atomic, so what one appends stands together.
 */
import type { LedgerEntry, Snapshot } from '@lab/contract';

import { isOf, roleOf, type Evidence, type EntryFrames, type WireAt } from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import type { Explanations } from './explanations.ts';
import { Page } from './page.ts';

export function ledgerBook(evidence: Evidence, explanations: Explanations): Breach[] {
  const page = new Page('ledger');
  const programs = new Page('surprise');
  const last = evidence.snapshots.at(-1);
  for (const { seq, frame } of evidence.withoutEntry) {
    page.write(`${frame} is about the ledger and does not say which entry`, seq);
  }
  onlyAppended(evidence, page);
  deadAsCounted(evidence, page);
  if (last === undefined) return page.breaches;
  const { ledger } = last.snapshot;
  const standing = new Map<string, number>();
  for (const { entry } of ledger) standing.set(entry, (standing.get(entry) ?? 0) + 1);
  for (const [index, entry] of ledger.entries()) {
    entryAsSent(entry, index, ledger, evidence, last.seq, page, programs);
  }
  for (const [id, count] of standing) {
    if (count > 1) noMoreThanSent(id, count, evidence, last.seq, page, programs);
  }
  for (const [id, frames] of evidence.entries) {
    commandsAnswered(id, frames, standing.get(id) ?? 0, explanations, page);
  }
  lastWord(last, evidence, page);
  return [...page.breaches, ...programs.breaches];
}

/** Entries are only ever appended: what one snapshot shows stands in the next. */
function onlyAppended({ snapshots }: Evidence, page: Page): void {
  for (const [index, { seq, snapshot }] of snapshots.entries()) {
    const before = snapshots[index - 1];
    if (before === undefined) continue;
    const changed = before.snapshot.ledger.findIndex(
      (entry, place) => !isSameEntry(entry, snapshot.ledger[place]),
    );
    if (changed < 0) continue;
    const names = `"${before.snapshot.name}" and "${snapshot.name}"`;
    page.write(`between ${names} entry ${changed + 1} of the ledger changed`, before.seq, seq);
  }
}

/** Who reads fewer dead letters than there are takes for lost what was given up. */
function deadAsCounted({ snapshots }: Evidence, page: Page): void {
  for (const { seq, snapshot } of snapshots) {
    const { name, dead, deadCount = dead.length } = snapshot;
    if (dead.length === deadCount) continue;
    page.write(
      `at snapshot "${name}" the server counts ${deadCount} dead letters, and ${dead.length} were read`,
      seq,
    );
  }
}

function isSameEntry(a: LedgerEntry, b: LedgerEntry | undefined): boolean {
  return (
    b !== undefined &&
    a.entry === b.entry &&
    a.key === b.key &&
    a.kind === b.kind &&
    a.amount === b.amount &&
    a.by === b.by &&
    a.compensates === b.compensates
  );
}

function entryAsSent(
  entry: LedgerEntry,
  index: number,
  ledger: readonly LedgerEntry[],
  evidence: Evidence,
  snapshotSeq: number,
  page: Page,
  programs: Page,
): void {
  const commands = commandsOf(evidence.entries.get(entry.entry));
  const [first] = commands;
  if (first === undefined) {
    const script = beyondTheScript(index, ledger, evidence);
    const what = `${kindOf(entry)} of ${entry.key} (${entry.entry})`;
    if (script === undefined) {
      page.write(`no tap saw the ${what} that stands in the ledger`, snapshotSeq);
    } else {
      programs.write(
        `a script of ${roleOf(script)} wrote one more ${what} than its command says`,
        script.seq,
        snapshotSeq,
      );
    }
    return;
  }
  const sent = first.entries?.find((candidate) => candidate.entry === entry.entry);
  if (sent === undefined) return; // the map is made from these entries
  for (const name of compared) {
    if (sent[name] === entry[name]) continue;
    page.write(
      `entry ${entry.entry} was sent with ${name} ${sent[name] ?? 'none'} and stands with ${entry[name] ?? 'none'}`,
      first.seq,
      snapshotSeq,
    );
  }
  for (const command of commands) {
    if (isOf(command, entry.by) && sent.by === entry.by) continue;
    page.write(
      `entry ${entry.entry} is signed by ${entry.by} and was sent by ${roleOf(command)}, signed by ${sent.by}`,
      command.seq,
      snapshotSeq,
    );
  }
}

const compared = ['key', 'kind', 'amount', 'compensates'] as const;

/**
 * The script that must have written an entry which its command does not name: what stands next to it, about the same key
 * and signed by the same role, was written by one, with nothing but such entries between them, and an effect stands
 * behind it. At the ledger's end anybody may have appended it, long after the script.
 */
function beyondTheScript(
  index: number,
  ledger: readonly LedgerEntry[],
  evidence: Evidence,
): WireAt | undefined {
  const stranger = ledger[index];
  const isLike = (entry: LedgerEntry | undefined): entry is LedgerEntry =>
    entry !== undefined && entry.key === stranger?.key && entry.by === stranger.by;
  let script: WireAt | undefined;
  let end = index; // where such entries end
  for (const step of [-1, 1]) {
    let at = index + step;
    for (let entry = ledger[at]; isLike(entry); entry = ledger[(at += step)]) {
      const [command] = commandsOf(evidence.entries.get(entry.entry));
      if (command === undefined) continue; // another one that no tap saw
      if (command.script === true) script ??= command;
      break;
    }
    end = at;
  }
  return ledger.slice(end).some(({ kind }) => kind === 'effect') ? script : undefined;
}

/** One entry id more often in the ledger than it was sent: under a script it is the program's doing. */
function noMoreThanSent(
  id: string,
  standing: number,
  evidence: Evidence,
  snapshotSeq: number,
  page: Page,
  programs: Page,
): void {
  const commands = commandsOf(evidence.entries.get(id));
  const [first] = commands;
  if (first === undefined || standing <= commands.length) return;
  const says = `entry ${id} was sent ${times(commands.length)} and stands ${times(standing)} in the ledger`;
  (first.script === true ? programs : page).write(says, first.seq, snapshotSeq);
}

function commandsAnswered(
  id: string,
  frames: EntryFrames,
  standing: number,
  explanations: Explanations,
  page: Page,
): void {
  const open: WireAt[] = [];
  let applied: WireAt | undefined;
  let refused: WireAt | undefined;
  let unanswered = 0;
  for (const frame of frames) {
    if (frame.passage === 'held') continue;
    if (frame.direction === 'up') {
      if (frame.passage === 'crossed') open.push(frame);
      continue;
    }
    // An answer that was lost on its way back was still given.
    const command = open.findIndex(
      (sent) => sent.connection === frame.connection && sent.link === frame.link,
    );
    if (command < 0)
      page.write(`${frame.frame} answers for ${id} what no command asked`, frame.seq);
    else open.splice(command, 1);
    if (frame.means === 'effect-applied' || frame.means === 'compensate-applied') applied = frame;
    else refused = frame;
  }
  for (const command of open) {
    if (explanations.explain(command)) unanswered += 1;
    else {
      page.write(
        `the ${command.frame} of ${roleOf(command)} for ${command.keys?.join() ?? id} was never answered`,
        command.seq,
      );
    }
  }
  if (applied !== undefined && standing === 0) {
    page.write(`entry ${id} was answered as applied and is not in the ledger`, applied.seq);
  }
  if (refused !== undefined && applied === undefined && unanswered === 0 && standing > 0) {
    page.write(`entry ${id} was answered as refused and stands in the ledger`, refused.seq);
  }
}

/** The final snapshot is the last word: what happens after it was not looked at. */
function lastWord(
  { seq, snapshot }: { readonly seq: number; readonly snapshot: Snapshot },
  evidence: Evidence,
  page: Page,
): void {
  for (const frames of evidence.links.values()) {
    for (let index = frames.length - 1; index >= 0; index -= 1) {
      const frame = frames[index];
      if (frame === undefined || frame.seq < seq) break;
      if (frame.passage === 'held' || frame.means === undefined || !changesState.has(frame.means))
        continue;
      page.write(
        `the snapshot "${snapshot.name}" was taken too early: a ${frame.means} came after it`,
        seq,
        frame.seq,
      );
    }
  }
}

const changesState: ReadonlySet<string> = new Set([
  'deliver',
  'settle',
  'reject',
  'requeue',
  'effect',
  'effect-applied',
  'compensate',
  'compensate-applied',
]);

/** Commands that reached the store, as far as the tap can say. */
function commandsOf(frames: EntryFrames | undefined): WireAt[] {
  return (frames ?? []).filter(
    ({ direction, passage }) => direction === 'up' && passage === 'crossed',
  );
}

function kindOf({ kind }: LedgerEntry): string {
  return kind === 'effect' ? 'effect' : 'compensation';
}

function times(n: number): string {
  return n === 1 ? 'once' : `${n} times`;
}
