/**
 * A program: writes a generated history, or reads and judges one, in a process of its own, so that its peak memory is its
 * own. Its words are `write FILE EVENTS` and `judge FILE`; it prints one JSON document.
 */
import { closeSync, openSync, writeSync } from 'node:fs';

import { readRun } from '@lab/harness/history';
import { judgeRun } from '@lab/invariants';

import { generateHistory } from './generated-history.ts';
import type { JudgedHistory, WrittenHistory } from './measure-check.ts';

const [, , word, file = '', size] = process.argv;
const say = (document: WrittenHistory | JudgedHistory): void =>
  void process.stdout.write(`${JSON.stringify(document)}\n`);

if (word === 'write') say(write(file, Number(size)));
else if (word === 'judge') say(judge(file));
else throw new Error(`unknown word ${word}; expected write or judge`);

function write(path: string, events: number): WrittenHistory {
  const history = generateHistory(events);
  const fd = openSync(path, 'w');
  let kept = '';
  for (const event of history.lines()) {
    kept += `${JSON.stringify(event)}\n`;
    if (kept.length < 1 << 20) continue;
    writeSync(fd, kept);
    kept = '';
  }
  writeSync(fd, kept);
  closeSync(fd);
  const { events: written, duplicated, lost } = history;
  return { events: written, duplicated, lost };
}

function judge(path: string): JudgedHistory {
  const idleRssMiB = peakRssMiB();
  const [history, readS] = timed(() => readRun(path));
  const readRssMiB = peakRssMiB();
  const [judgement, judgeS] = timed(() => judgeRun(history));
  const [cell] = judgement.cells;
  const foundKeys = (invariant: string): string[] => {
    const finding = cell?.findings.find((judged) => judged.invariant === invariant)?.finding;
    return finding?.state === 'violated' ? finding.witnesses.map(({ key }) => key) : [];
  };
  return {
    events: history.length,
    readS,
    judgeS,
    idleRssMiB,
    readRssMiB,
    rssMiB: peakRssMiB(),
    duplicated: foundKeys('INV_001'),
    lost: foundKeys('INV_006'),
  };
}

function timed<T>(work: () => T): [T, number] {
  const start = performance.now();
  const result = work();
  return [result, (performance.now() - start) / 1000];
}

function peakRssMiB(): number {
  return process.resourceUsage().maxRSS / 1024; // Node gives KiB everywhere
}
