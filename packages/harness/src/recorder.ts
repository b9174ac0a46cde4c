/**
 * Keeps the history of a run: one file of raw lines per cell and source, written synchronously while the run
 * goes on, and merged by the one clock when it ends.
 *
 *   runs/<id>/events/<cell>/<source>.jsonl   raw, survives a SIGKILL of anybody
 *   runs/<id>/history.jsonl                  merged, numbered
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

import {
  openTurnJournal,
  type EventBody,
  type History,
  type HistoryEvent,
  type RawEvent,
  type RunHeader,
} from '@lab/contract';
import { eventBodySchema } from '@lab/contract/schemas';

import { digestLines } from './line-digest.ts';
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

  constructor(eventsDir: string, cell: string) {
    this.folder = join(eventsDir, folderOf(cell));
    mkdirSync(this.folder, { recursive: true });
  }

  /** @param source `lab` or `tap`; system processes write their own files. */
  record(source: 'lab' | 'tap', event: EventBody): void {
    this.#penOf(source).write(event);
    for (const listener of this.#listeners) listener(event, source);
  }

  /** Calls the listener for every event recorded here from now on. Returns how to stop it. */
  listen(listener: (event: EventBody, source: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  eventsFile(source: string): string {
    return fileIn(this.folder, source);
  }

  /**
   * Closes the books once nobody writes any more: a line for each source, the lab's own last. Lab and tap are counted as
   * they recorded, programs by their files, because one that was killed cannot count its lines itself.
   */
  recordSources(): void {
    for (const source of [...sourcesIn(this.folder).filter((name) => name !== 'lab'), 'lab']) {
      const pen = source === 'lab' ? this.#penOf(source) : this.#pens.get(source);
      pen?.flush();
      const found = digestLines(this.eventsFile(source));
      const lines = pen?.lines ?? found.lines;
      this.record('lab', { kind: 'record', of: source, lines, sha256: found.sha256 });
    }
    this.#penOf('lab').flush();
  }

  #penOf(source: string): Pen {
    const pen = this.#pens.get(source) ?? openPen(this.eventsFile(source));
    this.#pens.set(source, pen);
    return pen;
  }

  [Symbol.dispose](): void {
    for (const pen of this.#pens.values()) pen.close();
    this.#pens.clear();
  }
}

interface Pen {
  /** How many lines its file has by what was recorded. */
  readonly lines: number;
  write(event: EventBody): void;
  flush(): void;
  close(): void;
}

function openPen(file: string): Pen {
  let lines = existsSync(file) ? digestLines(file).lines : 0;
  const fd = openSync(file, 'a');
  const journal = openTurnJournal((text) => void writeSync(fd, text));
  return {
    get lines() {
      return lines;
    },
    write(event) {
      lines += 1;
      journal.record(event);
    },
    flush: () => journal.flush(),
    close() {
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

/** Closes the books of the run's own lines, when no further one comes. */
export function recordRunSources(eventsDir: string): void {
  using recorder = new CellRecorder(eventsDir, 'run');
  recorder.recordSources();
}

/**
 * Reads the raw files of one cell, file after file.
 * @throws DamagedHistory when a file is not what it was when the lab closed it, or its clock runs backwards
 */
export function readCell(eventsDir: string, cell: string): Located[] {
  const folder = join(eventsDir, folderOf(cell));
  const events = sourcesIn(folder).flatMap((source) =>
    readRaw(fileIn(folder, source), cell, source),
  );
  for (const event of events) {
    if (event.kind === 'record' && event.source === 'lab') expectUntouched(folder, event);
  }
  return events;
}

/** Reads every cell of a run. */
export function readAllCells(eventsDir: string): Located[] {
  return readdirSync(eventsDir).flatMap((folder) => readCell(eventsDir, cellOf(folder)));
}

const extension = '.jsonl';

const fileIn = (folder: string, source: string): string => join(folder, `${source}${extension}`);

function sourcesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(extension))
    .toSorted()
    .map((name) => name.slice(0, -extension.length));
}

/** Lines that were lost before the file was closed are in its count, and the judge's to miss. */
function expectUntouched(folder: string, { of, lines, sha256 }: Recorded): void {
  const file = fileIn(folder, of);
  if (existsSync(file) && digestLines(file, lines).sha256 === sha256) return;
  throw new DamagedHistory(
    `${file}: not the ${lines} lines that it had when the lab closed it; it was cut or edited`,
  );
}

type Recorded = Extract<EventBody, { kind: 'record' }>;

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
    const where = `${file}:${events.length + 1}`;
    const event = parseEvent(line, where) as RawEvent; // `at` is put there by the journal
    if (event.at < (events.at(-1)?.at ?? event.at)) {
      throw new DamagedHistory(`${where}: its clock is behind the line before it`);
    }
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
