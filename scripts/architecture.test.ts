/**
 * The arrows of ARCHITECTURE.md are those of the code: its table of rooms against every package.json, and every import
 * against the package.json above it.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

import { describe, expect, test } from 'vitest';

import { readTable } from './markdown-table.ts';
import { readBlock } from './marked-block.ts';

const root = join(import.meta.dirname, '..');
const rooms = ['failure_modes', ...globSync('packages/*', { cwd: root })].filter((folder) =>
  existsSync(join(root, folder, 'package.json')),
);

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const manifests = new Map(
  rooms.map((room) => [
    room,
    JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8')) as Manifest, // checked by pnpm at install
  ]),
);

/** Folder of a room -> names of the rooms it may import, from the table. */
const drawn = new Map(
  readTable(readBlock(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'), 'rooms')).map(
    ([room = '', , imports = '']) => [
      room.replaceAll('`', '').replace(/\/$/, ''),
      imports === 'nothing' ? [] : imports.replaceAll('`', '').split(', ').toSorted(),
    ],
  ),
);

const theSystem = ['packages/producer', 'packages/worker', 'packages/reconciler'];

describe('the table of rooms', () => {
  test('has a row for every package, and no other', () => {
    expect([...drawn.keys()].toSorted()).toEqual(rooms.toSorted());
  });

  test.each(rooms)('tells what %s depends on, all of it', (room) => {
    expect(labDependencies(room, 'dependencies')).toEqual(drawn.get(room));
  });

  test.each(rooms)('allows no more to the tests of %s', (room) => {
    expect(labDependencies(room, 'devDependencies')).toEqual([]);
  });

  test('draws no circle', () => {
    const seen = new Map<string, 'open' | 'done'>();
    const visit = (room: string): void => {
      expect(seen.get(room), `a circle through ${room}`).not.toBe('open');
      if (seen.has(room)) return;
      seen.set(room, 'open');
      for (const next of drawn.get(room) ?? []) visit(`packages/${next}`);
      seen.set(room, 'done');
    };
    for (const room of rooms) visit(room);
    expect(seen.size).toBe(rooms.length);
  });
});

describe('the system under test', () => {
  test.each(theSystem)('%s knows the contract and nothing of the lab', (room) => {
    expect(drawn.get(room)).toEqual(['contract']);
  });
});

describe('imports', () => {
  const imports = rooms.flatMap((room) => importsOf(room));

  test('are found at all', () => {
    for (const room of rooms) {
      expect(imports.filter((found) => found.room === room).length, room).toBeGreaterThan(0);
    }
  });

  test('of other rooms are those the package.json names', () => {
    const undeclared = imports.filter(({ room, specifier }) => {
      const [, name] = /^@lab\/([a-z-]+)/.exec(specifier) ?? [];
      return name !== undefined && drawn.get(room)?.includes(name) !== true;
    });
    expect(undeclared).toEqual([]);
  });

  test('by relative path stay within their package', () => {
    const climbing = imports.filter(({ room, file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      const target = relative(join(root, room), join(root, dirname(file), specifier));
      return target === '..' || target.startsWith(`..${sep}`);
    });
    expect(climbing).toEqual([]);
  });

  test('never lead from the harness to a bundle', () => {
    const files = sourcesOf('packages/harness');
    expect(files.length).toBeGreaterThan(0);
    const naming = files.filter((file) =>
      /failure_modes\/|@lab\/failure-modes|FM_\d{3}_[a-z_]+\/scenario/.test(
        readFileSync(join(root, file), 'utf8'),
      ),
    );
    expect(naming).toEqual([]);
  });
});

function labDependencies(room: string, kind: 'dependencies' | 'devDependencies'): string[] {
  return Object.keys(manifests.get(room)?.[kind] ?? {})
    .filter((name) => name.startsWith('@lab/'))
    .map((name) => name.slice('@lab/'.length))
    .toSorted();
}

function sourcesOf(room: string): string[] {
  return globSync(`${room}/**/*.ts`, {
    cwd: root,
    exclude: (path) => path.split(sep).includes('node_modules'),
  });
}

interface Import {
  readonly room: string;
  readonly file: string;
  readonly specifier: string;
}

/** Static imports, re-exports, and imports at run time by a literal. */
function importsOf(room: string): Import[] {
  return sourcesOf(room).flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8');
    const found = text.matchAll(
      /(?:^(?:import|export)\b[^;'"]*?\bfrom|^import|\bimport\()\s*['"]([^'"]+)['"]/gm,
    );
    return Array.from(found, ([, specifier = '']) => ({ room, file, specifier }));
  });
}
