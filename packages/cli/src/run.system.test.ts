/**
 * Runs of a scaffolded bundle and of changed copies of it, on brokers that `fm up` keeps warm: exit codes, what
 * is printed where, what is written, and that a stored run is judged again with the same result.
 */
import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { eventsOf, TestLab, type Ended } from './testing/fm.ts';
import { warmBrokers, type WarmBrokers } from './testing/warm-brokers.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const escape = '\u001B';

let brokers: WarmBrokers;
/** A checkout in which the scaffold is the only bundle. */
let checkout: string;
let lab: TestLab;
/** How the scaffold was made. */
let made: Ended;
/** The whole grid of the scaffold, run once with every kind of report. */
let whole: Ended;
let wholeRun: string;

beforeAll(async () => {
  brokers = await warmBrokers();
  checkout = join(brokers.lab.directory, 'checkout');
  const bundles = join(checkout, 'failure_modes');
  mkdirSync(bundles, { recursive: true });
  for (const name of ['node_modules', 'scripts', 'package.json', 'vitest.config.ts']) {
    symlinkSync(join(root, name), join(checkout, name));
  }
  symlinkSync(join(root, 'failure_modes', 'node_modules'), join(bundles, 'node_modules'));
  copyFileSync(
    join(root, 'failure_modes', 'test-laboratory.ts'),
    join(bundles, 'test-laboratory.ts'),
  );
  lab = new TestLab({ LAB_STATE: brokers.lab.state, LAB_FAILURE_MODES: bundles });
  made = await lab.fm(['new', 'lost ack']);
  whole = await run('001', '--json', '--reporter', `junit=${lab.directory}/out/junit.xml`);
  wholeRun = runFolder(whole.stderr);
});

afterAll(async () => {
  if ((brokers as WarmBrokers | undefined) === undefined) return; // it did not come up: that is the error to see
  await brokers.down();
  brokers.lab[Symbol.dispose]();
  lab[Symbol.dispose]();
});

function run(...words: string[]): Promise<Ended> {
  return lab.fm([...words, '--record', lab.runs]);
}

function runFolder(text: string): string {
  const [, path] = /^run +(\S+)$/m.exec(text) ?? [];
  if (path === undefined) throw new Error(`no line says where the run lies:\n${text}`);
  return join(lab.directory, path);
}

/** A copy of the scaffold with something about it changed. */
async function changedBundle(name: string, before: string, after: string): Promise<string> {
  const { stdout } = await lab.fm(['new', name]);
  const [, id, number] = /(FM_(\d{3})_\w+) is there/.exec(stdout) ?? [];
  if (id === undefined || number === undefined) throw new Error(`no bundle was made: ${stdout}`);
  const file = join(checkout, 'failure_modes', id, 'scenario.ts');
  const text = readFileSync(file, 'utf8');
  if (!text.includes(before)) throw new Error(`the scaffold has no ${before}`);
  writeFileSync(file, text.replace(before, after));
  return number;
}

describe('fm up', () => {
  test('says what is up and how to end it', () => {
    expect(brokers.up.stdout).toMatch(
      /^brokers are up \(local\): rabbitmq .*, redis .*\nend them with: pnpm fm down\n$/,
    );
  });

  test('a second time finds them', async () => {
    const { code, stdout } = await brokers.lab.fm(['up', '--runtime', 'local']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^brokers were up already \(local\)/);
  });

  test('the next run uses them', () => {
    expect(JSON.parse(whole.stdout)).toMatchObject({ run: { runtime: 'local (warm)' } });
  });
});

describe('a proven failure mode', () => {
  test('ends with 0 and exactly one document on standard output', () => {
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({
      schema: 'fm-result/1',
      verdict: 'proven',
      failureMode: { id: 'FM_001_lost_ack' },
    });
    expect(readFileSync(join(wholeRun, 'result.json'), 'utf8')).toBe(whole.stdout);
  });

  test('everything else is on standard error, plain, the time elapsed first', () => {
    expect(whole.stderr).not.toContain(escape);
    const lines = whole.stderr.split('\n');
    expect(lines[0]).toMatch(/^ +\d+\.\ds {2}brokers: warm/);
    expect(lines.filter((line) => /^ +\d+\.\ds {2}✓ REPRODUCED/.test(line))).toHaveLength(1);
  });

  test('the last lines say where the run lies and how to run it again', () => {
    expect(whole.stderr).toMatch(
      /\nrun {3}runs\/\S+-fm001-s1\nagain pnpm fm 001 --json --reporter \S+ --record \S+\n$/,
    );
    expect(existsSync(join(wholeRun, 'history.jsonl'))).toBe(true);
  });

  test('the JUnit report is XML in which nothing fails', () => {
    const file = join(lab.directory, 'out', 'junit.xml');
    parseXml(file);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/<testsuites tests="\d+" failures="0" errors="0" skipped="0"/);
    expect(text).toContain('violated 1x as expected');
  });

  test('fm new says where the scaffold is and how to run it', () => {
    expect(made.code).toBe(0);
    expect(made.stdout).toMatch(/FM_001_lost_ack is there\. Run it: pnpm fm 001\./);
  });

  test('the scaffold is listed with no other edit', async () => {
    const { stdout } = await lab.fm(['list', '--json']);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ id: 'FM_001_lost_ack', transports: ['rabbitmq'] }),
    );
  });

  test("the scaffold's own tests pass with no other edit", async () => {
    const urls = {
      LAB_DEV_RABBITMQ_URL: brokers.attach['LAB_RABBITMQ_URL'],
      LAB_DEV_MANAGEMENT_URL: brokers.attach['LAB_MANAGEMENT_URL'],
      LAB_DEV_REDIS_URL: brokers.attach['LAB_REDIS_URL'],
      LAB_DEV_TOXIPROXY_URL: brokers.attach['LAB_TOXIPROXY_URL'],
    };
    const report = join(lab.directory, 'vitest.json');
    await promisify(execFile)(
      process.execPath,
      [
        join(root, 'node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--project=failure-modes',
        '--reporter=json',
        `--outputFile=${report}`,
        'FM_001_lost_ack',
      ],
      { cwd: checkout, env: { ...lab.environment, ...urls } },
    );
    expect(JSON.parse(readFileSync(report, 'utf8'))).toMatchObject({
      success: true,
      numTotalTests: 5,
      numPassedTests: 5,
    });
  });
});

describe('fm check', () => {
  test('judges the stored history again, offline, byte for byte the same', async () => {
    const offline = { LAB_STATE: join(lab.directory, 'elsewhere') };
    const { code, stdout, stderr } = await lab.fm(['check', wholeRun, '--json'], offline);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(whole.stdout);
  });

  test('takes the history file, and the folder of the newest run, as well', async () => {
    const file = await lab.fm(['check', join(wholeRun, 'history.jsonl'), '--json']);
    expect(file.stdout).toBe(whole.stdout);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    [
      'an event was taken out of',
      (text) => text.split('\n').toSpliced(20, 1).join('\n'),
      /:21: expected an event with seq 20.*cut or edited/,
    ],
    [
      'a line was damaged in',
      (text) => text.replace('"kind":"wire"', '"kind":"wyre"'),
      /not an event of this lab's history/,
    ],
    [
      'something was edited in that leaves the verdict as it was',
      (text) => text.replace('"applied":"enabled=false"', '"applied":"enabled=fals"'),
      /history\.jsonl:\d+: not what the files in .* give/,
    ],
  ])('sees that %s the history', async (_what, edit, message) => {
    const file = join(wholeRun, 'history.jsonl');
    const text = readFileSync(file, 'utf8');
    expect(edit(text)).not.toBe(text);
    writeFileSync(file, edit(text));
    const { code, stderr } = await lab.fm(['check', wholeRun]);
    writeFileSync(file, text);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test('holds a lone history against its bundle, and says with what it could not be compared', async () => {
    const file = join(lab.directory, 'alone', 'history.jsonl');
    mkdirSync(dirname(file));
    const text = readFileSync(join(wholeRun, 'history.jsonl'), 'utf8');
    writeFileSync(file, text);
    const honest = await lab.fm(['check', file]);
    expect(honest.stderr).toBe(
      'not compared with result.json and events/, which would lie beside the history\n',
    );
    expect(honest.code).toBe(0);

    writeFileSync(file, text.replaceAll('"guardMustAct":true', '"guardMustAct":false'));
    const forged = await lab.fm(['check', file]);
    expect(forged.stderr).toContain('guardMustAct is false in the history, true in the bundle');
    expect(forged.code).toBe(2);

    const result = readFileSync(join(wholeRun, 'result.json'), 'utf8');
    writeFileSync(join(dirname(file), 'result.json'), result);
    writeFileSync(file, text.replace('"applied":"enabled=false"', '"applied":"enabled=fals"'));
    const edited = await lab.fm(['check', file]);
    expect(edited.stderr).toContain('is about another history; one of the two was edited');
    expect(edited.code).toBe(2);
  });

  describe('colours', () => {
    test.each<[Record<string, string>, string[], boolean]>([
      [{}, [], false],
      [{ CI: '1' }, [], false],
      [{ TERM: 'dumb' }, [], false],
      [{ FORCE_COLOR: '1' }, [], true],
      [{ FORCE_COLOR: '1', TERM: 'dumb' }, [], true],
      [{ FORCE_COLOR: '0' }, [], false],
      [{ NO_COLOR: '1', FORCE_COLOR: '1' }, [], false],
      [{ NO_COLOR: '', FORCE_COLOR: '1' }, [], true],
      [{ NO_COLOR: '1' }, ['--color'], true],
      [{ FORCE_COLOR: '1' }, ['--no-color'], false],
    ])('in a pipe with %j and %j: %s', async (environment, words, colored) => {
      const { stdout, code } = await lab.fm(['check', wholeRun, ...words], environment);
      expect(code).toBe(0);
      expect(stdout.includes(escape)).toBe(colored);
    });

    test('without a UTF-8 locale there is ASCII alone', async () => {
      const { stdout } = await lab.fm(['check', wholeRun], { LANG: 'C' });
      expect(stdout).toMatch(/^[\u0020-\u007E\n]*$/);
    });
  });
});

describe('other verdicts', () => {
  test('what does not come out as expected ends with 1', async () => {
    const id = await changedBundle(
      'wrong-expectation',
      "reproduce: { fault: 'ack-lost', violates: ['INV_001'] }",
      "reproduce: { fault: 'ack-lost', violates: [] }",
    );
    const { code, stdout } = await run(id, '--cell', 'reproduce');
    expect(code).toBe(1);
    expect(stdout).toMatch(/INV_001 is violated, but was expected to hold/);
    expect(stdout).toMatch(/DISPROVEN/);
    expect(stdout).not.toContain(escape);
  });

  test('a guard that never had to act ends with 2, and is an error to JUnit', async () => {
    const id = await changedBundle(
      'idle-guard',
      "frame: () => ({ direction: 'up', means: 'settle' })",
      "frame: () => ({ direction: 'down', means: 'deliver' })",
    );
    const file = join(lab.directory, 'idle.xml');
    const { code, stdout } = await run(id, '--cell', 'prevent', '--reporter', `junit=${file}`);
    expect(code).toBe(2);
    expect(stdout).toMatch(/the guard never had to act/);
    parseXml(file);
    expect(readFileSync(file, 'utf8')).toMatch(/failures="0" errors="[1-9]\d*"[^]*<error message=/);
  });

  test('a wait that is too short for anything is inconclusive, and names what did not come', async () => {
    const { code, stdout } = await run('001', '--cell', 'control', '--timeout', '1ms');
    expect(code).toBe(2);
    expect(stdout).toMatch(/waited 1 ms for "/);
  });
});

describe('flags', () => {
  test('--ndjson gives the events as they happen, a line each, and nothing else', async () => {
    const { code, stdout, stderr } = await run('001', '--cell', 'reproduce', '--ndjson');
    expect(code).toBe(0);
    const events = eventsOf(stdout);
    expect(stdout.endsWith('\n')).toBe(true);
    expect([...new Set(events.map(({ cell }) => cell))]).toEqual(['rabbitmq/reproduce']);
    const kinds = new Set(events.map(({ kind }) => kind));
    kinds.delete('machine'); // a line only where the machine withheld something
    expect([...kinds].toSorted()).toEqual(
      [
        'cell',
        'connection',
        'fault',
        'phase',
        'probe',
        'process',
        'record',
        'server',
        'snapshot',
        'wait',
        'wire',
      ].toSorted(),
    );
    const phases = events.flatMap(({ kind, name }) => (kind === 'phase' ? [name] : []));
    expect(phases.join(' > ')).toBe(
      'start > steady state > load > strike > heal > settle > observe > done',
    );
    expect(stderr).toMatch(/\nagain pnpm fm 001/);
  });

  test('--seed picks another job, and --cell and --seed stand in the line to run it again', async () => {
    const struck = async (seed: number): Promise<string | undefined> => {
      const { stdout } = await run('001', '--cell', 'reproduce', '--seed', String(seed));
      expect(stdout).toMatch(new RegExp(`again pnpm fm 001 --cell reproduce --seed ${seed} `));
      expect(runFolder(stdout)).toMatch(new RegExp(`-s${seed}$`));
      return /Witness {2}(job-\d+) in rabbitmq\/reproduce/.exec(stdout)?.[1];
    };
    expect([await struck(2), await struck(3)]).toEqual(['job-0006', 'job-0007']);
  });

  test('--repeat counts, with an interval and the orders seen', async () => {
    const { code, stdout } = await run('001', '--repeat', '3', '--cell', 'reproduce');
    expect(code).toBe(0);
    expect(stdout).toMatch(/rabbitmq\/reproduce +✓ 3\/3 REPRODUCED +43\.9 to 100\.0 %/);
    expect(stdout).toMatch(/\d orders? seen/);
    expect(stdout).toMatch(/[0-9a-f]{12} \dx/);
  });

  test('--unsteered strikes at random moments, and whatever comes of it is a result', async () => {
    const { code, stdout } = await run('001', '--unsteered', '--repeat', '3');
    expect(code).toBe(0);
    expect(stdout).toContain('unsteered: the same fault at random moments');
    expect(stdout).toMatch(/rabbitmq\/reproduce +(✓ )?[0-3]\/3 REPRODUCED/);
  });

  test('--quiet shows nothing but the result', async () => {
    const { stdout } = await run('001', '--cell', 'control', '-q');
    expect(stdout).toMatch(/^FM_001_lost_ack {2}What happens/);
  });

  test('--keep leaves vhost and keys where they can be looked at, runs step around them, fm down clears them', async () => {
    const before = await brokers.vhosts();
    using other = new TestLab({
      ...brokers.attach,
      LAB_FAILURE_MODES: join(checkout, 'failure_modes'),
    });
    const words = ['001', '--cell', 'rabbitmq/control', '--record', other.runs];
    const { code, stdout } = await other.fm([...words, '--keep']);
    expect(code).toBe(0);
    const [, vhost = ''] = /^kept {2}vhost (\S+) on http/m.exec(stdout) ?? [];
    const [, prefix = ''] = /^ {6}keys {2}\*(\S+)\* on redis:/m.exec(stdout) ?? [];
    expect(stdout).toMatch(/\nclear pnpm fm down\nrun /);
    expect(stdout).not.toContain(new URL(brokers.attach['LAB_MANAGEMENT_URL'] ?? '').password);

    await other.fm(words);
    expect(await brokers.vhosts()).toEqual([...before, vhost].toSorted());
    const keys = await brokers.keys();
    expect(keys.filter((key) => key.includes(prefix))).not.toEqual([]);
    expect(await brokers.proxies()).toEqual([]);

    const down = await other.fm(['down']);
    expect(down.stdout).toMatch(/cleared what 1 dead lab left/);
    expect(await brokers.vhosts()).toEqual(before);
    expect(await brokers.keys()).toEqual([]);
    expect(other.sessions()).toEqual([]);
  });
});

/** On Linux `script` gives a program a terminal. */
describe.each(process.platform === 'linux' ? ['on a terminal'] : [])('%s', () => {
  const onTerminal = async (
    words: string[],
    environment: Record<string, string> = {},
  ): Promise<string> => {
    const line = [process.execPath, join(import.meta.dirname, 'fm.ts'), ...words]
      .map((word) => `'${word}'`)
      .join(' ');
    const { stdout } = await promisify(execFile)('script', ['-qec', line, '/dev/null'], {
      env: { ...lab.environment, TERM: 'xterm', ...environment },
    });
    return stdout;
  };

  test.each<[Record<string, string>, boolean]>([
    [{}, true],
    [{ CI: '1' }, true],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1' }, false],
  ])('colours with %j: %s', async (environment, colored) => {
    expect((await onTerminal(['check', wholeRun], environment)).includes(escape)).toBe(colored);
  });

  test('a run hides the cursor while it draws, and gives it back', async () => {
    const text = await onTerminal(['001', '--cell', 'control', '--record', lab.runs]);
    expect(text).toContain(`${escape}[?25l`);
    expect(text.lastIndexOf(`${escape}[?25h`)).toBeGreaterThan(text.lastIndexOf(`${escape}[?25l`));
    const afterwards = text.slice(text.lastIndexOf(`${escape}[?25h`));
    expect(afterwards).not.toMatch(/\d+A/);
    expect(afterwards).toContain('again');
  });
});

test('a pipe whose reader goes away ends the run cleanly', async () => {
  const line = `"$0" "$1" 001 --cell reproduce --record "$2"; echo "code $?" >&2`;
  const { stdout, stderr } = await promisify(execFile)(
    'sh',
    ['-c', `(${line}) | head -1`, process.execPath, join(import.meta.dirname, 'fm.ts'), lab.runs],
    { env: { ...lab.environment }, cwd: lab.directory },
  );
  expect(stdout).toMatch(/brokers: warm/);
  expect(stderr).toMatch(/nobody reads the output any more/);
  expect(stderr).toMatch(
    /Faults are healed, processes ended, vhosts and keys removed\.\nrun .*\nagain .*\ncode 130\n$/,
  );
  expect(await brokers.vhosts()).toEqual(['/']);
});

test('no run has left anything on the brokers', async () => {
  expect(globSync('*', { cwd: lab.runs }).length).toBeGreaterThan(5);
  expect(await brokers.vhosts()).toEqual(['/']);
  expect(await brokers.keys()).toEqual([]);
  expect(await brokers.proxies()).toEqual([]);
});

test('fm down ends them, and a second time has nothing to do', async () => {
  const ends = [await brokers.down(), await brokers.down()];
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(ends[0]?.stdout).toMatch(/^the brokers kept warm are ended/);
  expect(ends[1]?.stdout).toBe('no brokers were kept warm\n');
  expect(brokers.lab.sessions()).toEqual([]);
});

/** @throws with line and column when it is not well-formed. */
function parseXml(file: string): void {
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.write(readFileSync(file, 'utf8')).close();
}
