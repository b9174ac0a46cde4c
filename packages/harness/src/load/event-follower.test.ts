import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { EventBody } from '@lab/contract';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { DamagedHistory } from '../recorder.ts';
import { EventFollower } from './event-follower.ts';

let folder: string;
let file: string;
let seen: string[];
let follower: EventFollower;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lab-follow-'));
  file = join(folder, 'client.jsonl');
  writeFileSync(file, '');
  seen = [];
  follower = new EventFollower((event: EventBody, source) => {
    seen.push(`${source} ${event.kind === 'process' ? event.detail : event.kind}`);
  });
  follower.follow(file, 'client');
});
afterEach(() => {
  follower[Symbol.dispose]();
  rmSync(folder, { recursive: true, force: true });
});

function line(detail: string): string {
  const body: EventBody = { kind: 'process', role: 'client', phase: 'ready', pid: 1, detail };
  return `${JSON.stringify({ at: 1, ...body })}\n`;
}

test('a line is handed on once, when its end is there', () => {
  follower.look();
  appendFileSync(file, line('one').slice(0, 20));
  follower.look();
  expect(seen).toEqual([]);
  appendFileSync(file, line('one').slice(20) + line('two'));
  follower.look();
  follower.look();
  expect(seen).toEqual(['client one', 'client two']);
});

test('more than a buffer holds, and a letter cut in two by its end, arrive whole', () => {
  const details = Array.from({ length: 3000 }, (_, index) => `größer ✓ ${index}`);
  appendFileSync(file, details.map(line).join(''));
  follower.look();
  expect(seen).toEqual(details.map((detail) => `client ${detail}`));
});

test('what is no event is refused, with its file', () => {
  appendFileSync(file, '{"kind":"nonsense"}\n');
  expect(() => follower.look()).toThrow(DamagedHistory);
});
