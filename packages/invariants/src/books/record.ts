/**
 * The record's own book: is what is judged all that was written, in the order in which it was? It finds accidents and
 * partial edits: a line that is missing, doubled or moved. Whoever rewrites the counts as well is not found by it.
 */
import { lifePhases } from '@lab/contract/schemas';

import type { CellHistory } from '../cell-history.ts';
import { connectionId, wentOn, type Evidence } from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import { Page } from './page.ts';

export function recordBook(cell: CellHistory, evidence: Evidence): Breach[] {
  const page = new Page('record');
  const completed = evidence.ending === 'completed';
  for (const seq of evidence.outOfOrder) {
    page.write(`line ${seq} is out of its order or time`, seq);
  }
  linesAsCounted(evidence, page);
  nothingAfterTheRecords(cell, evidence, page);
  programsWithinTheirLives(evidence, page);
  cellOnce(evidence, page);
  phasesInOrder(cell, evidence, page);
  heldThenGone(evidence, page);
  faultsInOrder(evidence, page);
  connectionsWhole(evidence, page, completed);
  return page.breaches;
}

function linesAsCounted(evidence: Evidence, page: Page): void {
  if (evidence.ending === null) return; // nobody was there any more to count them
  if (evidence.records.length === 0) {
    page.write('the history does not say how many lines each source wrote');
    return;
  }
  const counted = new Map(evidence.records.map((record) => [record.of, record]));
  if (counted.size !== evidence.records.length) {
    page.write('a source is counted twice', ...evidence.records.map(({ seq }) => seq));
  }
  for (const source of evidence.sources.keys()) {
    if (!counted.has(source)) page.write(`nobody counted the lines of ${source}`);
  }
  for (const { of, lines, seq } of counted.values()) {
    // The lab's own count is its last line, and counts all its lines but itself.
    const there = (evidence.sources.get(of)?.lines ?? 0) - (of === 'lab' ? 1 : 0);
    if (there !== lines) {
      page.write(`${of} wrote ${lines} lines, and ${there} are in the history`, seq);
    }
  }
}

function nothingAfterTheRecords({ events }: CellHistory, evidence: Evidence, page: Page): void {
  const first = evidence.records[0];
  if (first === undefined) return;
  const after = events.findLast(({ kind }) => kind !== 'record');
  if (after !== undefined && after.seq > first.seq) {
    page.write('lines were written after the lines had been counted', first.seq, after.seq);
  }
  const last = evidence.records.at(-1);
  if (last?.of !== 'lab') page.write("the lab's own count is not the last one", last?.seq);
}

/** The lab's own sources write throughout. */
const labsOwn: ReadonlySet<string> = new Set(['lab', 'tap']);

function programsWithinTheirLives(evidence: Evidence, page: Page): void {
  for (const [source, { firstT, lastT }] of evidence.sources) {
    if (labsOwn.has(source)) continue;
    const mine = evidence.processes.filter(({ role }) => role === source);
    const spawned = mine.find(({ phase }) => phase === 'spawned');
    const exited = mine.findLast(({ phase }) => phase === 'exited');
    if (spawned === undefined) page.write(`${source} wrote lines and was never started`);
    else if (firstT < spawned.t) page.write(`${source} wrote before it was started`, spawned.seq);
    if (exited !== undefined && lastT > exited.t) {
      page.write(`${source} wrote after it had ended`, exited.seq);
    }
  }
}

function cellOnce({ cellEvents }: Evidence, page: Page): void {
  const count = (phase: 'start' | 'end'): number =>
    cellEvents.filter((event) => event.phase === phase).length;
  if (count('start') !== 1) page.write(`the cell begins ${count('start')} times`);
  if (count('end') > 1) page.write(`the cell ends ${count('end')} times`);
}

function phasesInOrder({ spec }: CellHistory, evidence: Evidence, page: Page): void {
  let before = -1;
  for (const { name, seq } of evidence.phases) {
    const place = lifePhases.indexOf(name);
    if (place <= before) page.write(`phase "${name}" comes again, or too late`, seq);
    before = place;
  }
  if (evidence.ending !== 'completed') return;
  const entered = new Set(evidence.phases.map(({ name }) => name));
  for (const name of lifePhases) {
    if (name === 'recover' && spec.role !== 'recover') continue;
    if (!entered.has(name)) page.write(`the cell completed without its phase "${name}"`);
  }
}

/** What stood at a gate crossed or was lost, in the end. */
function heldThenGone(evidence: Evidence, page: Page): void {
  for (const held of evidence.held) {
    if (wentOn(held, evidence) === undefined) {
      page.write(`the ${held.frame} held on ${held.link} neither crossed nor was lost`, held.seq);
    }
  }
}

const faultOrder: Readonly<Record<string, readonly string[]>> = {
  requested: [],
  on: ['requested'],
  healing: ['on', 'requested', 'healing', 'not-healed'], // tried again until it is
  off: ['healing'],
  'not-healed': ['healing'],
};

function faultsInOrder(evidence: Evidence, page: Page): void {
  const last = new Map<string, string>();
  for (const { id, phase, label, seq } of evidence.faults) {
    const before = last.get(id);
    const expected = faultOrder[phase] ?? [];
    const fits = before === undefined ? expected.length === 0 : expected.includes(before);
    if (!fits) page.write(`"${label}" is "${phase}" after "${before ?? 'nothing'}"`, seq);
    last.set(id, phase);
  }
}

function connectionsWhole(evidence: Evidence, page: Page, completed: boolean): void {
  for (const { link, connection, opened, ended } of evidence.connections.values()) {
    const name = `connection ${connection} of ${link}`;
    if (opened === undefined) page.write(`${name} ended and was never opened`, ended?.seq);
    else if (ended === undefined) {
      if (completed) page.write(`${name} never ended`, opened.seq);
    } else if (ended.seq < opened.seq) {
      page.write(`${name} ended before it was opened`, ended.seq, opened.seq);
    }
  }
  for (const [link, frames] of evidence.links) {
    let known = 0; // frames of one connection come in runs
    const unopened = frames.find((frame) => {
      if (frame.connection === known) return false;
      known = frame.connection;
      const { opened } = evidence.connections.get(connectionId(frame)) ?? {};
      return opened === undefined || opened.seq > frame.seq;
    });
    if (unopened !== undefined) {
      page.write(`a frame crossed ${link} before its connection was opened`, unopened.seq);
    }
  }
}
