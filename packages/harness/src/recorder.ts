/**
 * Keeps the history of a run: one file of raw lines per cell and source, written synchronously while the run
 * goes on, and merged by the one clock when it ends.
 *
 *   runs/<id>/events/<cell>/<source>.jsonl   raw, survives a SIGKILL of anybody
 *   runs/<id>/history.jsonl                  merged, numbered
 */
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import {
  openTurnJournal,
  type EventBody,
  type History,
  type HistoryEvent,
  type Journal,
  type RawEvent,
  type RunHeader,
} from '@lab/contract';
import { eventBodySchema } from '@lab/contract/schemas';

import { linesOf } from './lines.ts';
import { SharedStrings } from './shared-strings.ts';

/** What lies there is not, or is no longer, what a lab wrote. */
export class DamagedHistory extends Error {
  override readonly name = 'DamagedHistory';
}

type Located = RawEvent & { readonly cell: string; readonly source: string };

/** Cell ids have slashes; folder names on disk do not. */
const folderOf = (cell: string): string => cell.replaceAll('/', '~');
const cellOf = (folder: string): string => folder.replaceAll('~', '/');

/**
 * The lab's own pen in one cell, and the place for its processes' files. What is recorded in one turn of the event loop
 * is in the kernel before the next turn: a chunk of forty frames is one write.
 */
export class CellRecorder implements Disposable {
  readonly folder: string;
  readonly #pens = new Map<string, Pen>();
  readonly #listeners = new Set<(event: EventBody, source: string) => void>();
  #lines = 0;

  constructor(eventsDir: string, cell: string) {
    this.folder = join(eventsDir, folderOf(cell));
    mkdirSync(this.folder, { recursive: true });
  }

  /** @param source `lab` or `tap`; system processes write their own files. */
  record(source: 'lab' | 'tap', event: EventBody): void {
    let pen = this.#pens.get(source);
    if (pen === undefined) {
      pen = openPen(this.eventsFile(source));
      this.#pens.set(source, pen);
    }
    pen.journal.record(event);
    this.#lines += 1;
    for (const listener of this.#listeners) listener(event, source);
  }

  /** Records how many lines were recorded here, as whoever writes of a load does when it has no more to say. */
  recordHowMany(): void {
    this.record('lab', { kind: 'wrote', lines: this.#lines });
  }

  /** Calls the listener for every event recorded here from now on. Returns how to stop it. */
  listen(listener: (event: EventBody, source: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  eventsFile(source: string): string {
    return join(this.folder, `${source}.jsonl`);
  }

  [Symbol.dispose](): void {
    for (const pen of this.#pens.values()) pen.close();
    this.#pens.clear();
  }
}

interface Pen {
  readonly journal: Journal;
  close(): void;
}

function openPen(file: string): Pen {
  const fd = openSync(file, 'a');
  const journal = openTurnJournal((lines) => void writeSync(fd, lines));
  return {
    journal,
    close: () => {
      journal.flush();
      closeSync(fd);
    },
  };
}

/** The run's own first line: what runs, with which versions. */
export function writeRunHeader(eventsDir: string, header: RunHeader): void {
  using recorder = new CellRecorder(eventsDir, 'run');
  recorder.record('lab', { kind: 'run', phase: 'start', header });
}

/** Reads the raw files of one cell, file after file. */
export function readCell(eventsDir: string, cell: string): Located[] {
  const folder = join(eventsDir, folderOf(cell));
  return readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl'))
    .toSorted()
    .flatMap((name) => readRaw(join(folder, name), cell, name.slice(0, -'.jsonl'.length)));
}

/** Reads every cell of a run. */
export function readAllCells(eventsDir: string): Located[] {
  return readdirSync(eventsDir).flatMap((folder) => readCell(eventsDir, cellOf(folder)));
}

/** Puts events in the order of the clock, numbers them, and sets the clock's zero at the first. */
export function merge(events: readonly Located[]): History {
  const ordered = events.toSorted(byClock);
  const start = ordered[0]?.at ?? 0;
  const onOurClock = (at: number): number => Math.round((at - start) * 1000) / 1000;
  return ordered.map(({ at, ...event }, seq) => ({
    seq,
    t: onOurClock(at),
    ...event,
    ...(event.kind === 'load' && { startedAt: onOurClock(event.startedAt) }),
  }));
}

/** Equal stamps of one file keep its own order (sorting is stable); those of two cells, which know nothing of each other, go by name. */
function byClock(a: Located, b: Located): number {
  if (a.at !== b.at) return a.at - b.at;
  return a.cell === b.cell ? 0 : a.cell < b.cell ? -1 : 1;
}

export function writeHistory(file: string, history: History): void {
  writeFileSync(file, history.map((event) => `${JSON.stringify(event)}\n`).join(''));
}

/**
 * Reads a merged history and checks every line against the contract.
 * @throws DamagedHistory naming file and line of the first line that is not an event
 */
export function readHistory(file: string): History {
  const shared = new SharedStrings();
  const history: HistoryEvent[] = [];
  for (const line of linesOf(file, 'keep')) {
    if (line === '') continue;
    const index = history.length;
    const event = parseEvent(line, `${file}:${index + 1}`) as HistoryEvent; // place and time are checked below
    if (event.seq !== index || typeof event.t !== 'number' || typeof event.cell !== 'string') {
      throw new DamagedHistory(
        `${file}:${index + 1}: expected an event with seq ${index}, a time and a cell; the history was cut or edited`,
      );
    }
    shared.share(event);
    history.push(event);
  }
  return history;
}

/** The half line of a process killed while it wrote is left out. */
function readRaw(file: string, cell: string, source: string): Located[] {
  const shared = new SharedStrings();
  const events: Located[] = [];
  for (const line of linesOf(file, 'drop')) {
    if (line === '') continue;
    const event = parseEvent(line, `${file}:${events.length + 1}`) as RawEvent; // `at` is put there by the journal
    shared.share(event);
    events.push({ ...event, cell, source });
  }
  return events;
}

/** @param where file and line, for the message @throws DamagedHistory when it is not an event */
export function parseEvent(line: string, where: string): EventBody {
  try {
    const value = JSON.parse(line) as Record<string, unknown>;
    const { at: _at, seq: _seq, t: _t, cell: _cell, source: _source, ...body } = value;
    eventBodySchema.parse(body);
    return value as EventBody; // the schema changes nothing in what it lets pass
  } catch (cause) {
    throw new DamagedHistory(`${where}: not an event of this lab's history`, { cause });
  }
}
