/**
 * The lab is told to stop, or is killed, at ten named moments of a run and while its brokers start. Each time we
 * look for what it may have left: processes, listening sockets, vhosts, keys, proxies, private directories.
 * SIGINT and SIGTERM must leave nothing; after SIGKILL the next run, or `fm down`, must.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { TestLab, type Fm, type NdjsonEvent } from './testing/fm.ts';
import { holdings, leftovers, processesOf } from './testing/leftovers.ts';
import { warmBrokers, type WarmBrokers } from './testing/warm-brokers.ts';

let brokers: WarmBrokers;
beforeAll(async () => {
  brokers = await warmBrokers();
});
afterAll(async () => {
  if ((brokers as WarmBrokers | undefined) === undefined) return; // it did not come up: that is the error to see
  await brokers.down();
  brokers.lab[Symbol.dispose]();
});

/** The cell that lives through every phase. */
const recoverCell = ['001', '--transport', 'rabbitmq', '--cell', 'recover'];

function startRun(lab: TestLab, words: readonly string[] = recoverCell): Fm {
  return lab.start([...words, '--ndjson', '--record', lab.runs]);
}

interface Moment {
  readonly at: string;
  come(fm: Fm): Promise<void>;
  /** What is there by then: the beginnings of lines that `leftovers` gives after a SIGKILL. */
  readonly made: readonly string[];
  /** How standard error ends. */
  readonly lastLines: RegExp;
}

const inACell = ['directory of ', 'vhost '];

const entering = (phase: string) => (event: NdjsonEvent) =>
  event.kind === 'phase' && event.name === phase;
const fault = (phase: string) => (event: NdjsonEvent) =>
  event.kind === 'fault' && event.phase === phase;
const process = (role: string, phase: string) => (event: NdjsonEvent) =>
  event.kind === 'process' && event.role === role && event.phase === phase;

function onEvent(at: string, fits: (event: NdjsonEvent) => boolean, made = inACell): Moment {
  const lastLines = /\nrun {3}\S+\nagain pnpm fm 001 --transport rabbitmq .*\n$/;
  return { at, made, lastLines, come: (fm) => fm.event(at, fits) };
}

const moments: readonly Moment[] = [
  {
    at: 'brokers are chosen',
    made: ['directory of '],
    lastLines: /\nagain pnpm fm 001 .*\n$/, // a run may or may not have begun
    come: (fm) => fm.says('brokers: attached'),
  },
  onEvent('a cell starts', entering('start'), ['directory of ']),
  onEvent('a worker is spawned', process('worker-1', 'spawned')),
  onEvent('the load begins', entering('load')),
  onEvent('the wire is held', ({ passage }) => passage === 'held'),
  onEvent('a fault is requested', fault('requested')),
  onEvent('a fault is on', fault('on')),
  onEvent('a fault is healing', fault('healing')),
  onEvent('the queue settles', entering('settle')),
  onEvent('the first reconciler is spawned', process('reconciler-1', 'spawned')),
];

describe.each(moments)('when $at', (moment) => {
  test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing', async (signal) => {
    using lab = new TestLab(brokers.attach);
    const fm = startRun(lab);
    await moment.come(fm);
    const held = holdings(lab, fm.pid);
    fm.kill(signal);
    const { code, stderr } = await fm.ended;
    expect(await leftovers(lab, held, brokers)).toEqual([]);
    expect(stderr).toContain(`${signal}: healing faults and ending processes`);
    expect(stderr).toMatch(/Faults are healed, processes ended, vhosts and keys removed\./);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stderr).toMatch(moment.lastLines);
    expect(code).toBe(130);
  });

  test('after SIGKILL fm down clears everything', async () => {
    using lab = new TestLab(brokers.attach);
    const fm = startRun(lab);
    await moment.come(fm);
    const held = holdings(lab, fm.pid);
    fm.kill('SIGKILL');
    expect(await fm.ended).toMatchObject({ code: null });
    const left = await leftovers(lab, held, brokers);
    const missing = moment.made.filter((what) => !left.some((line) => line.startsWith(what)));
    expect(missing).toEqual([]);
    const down = await lab.fm(['down']);
    expect(await leftovers(lab, held, brokers)).toEqual([]);
    expect(down).toMatchObject({ code: 0, stderr: '' });
    expect(down.stdout).toMatch(/cleared what 1 dead lab left/);
  });
});

test('after SIGKILL the next run clears what was left, too', async () => {
  using lab = new TestLab(brokers.attach);
  const fm = startRun(lab);
  await fm.event('a fault is on', fault('on'));
  const held = holdings(lab, fm.pid);
  fm.kill('SIGKILL');
  await fm.ended;
  expect((await leftovers(lab, held, brokers)).length).toBeGreaterThan(1);
  const next = startRun(lab, ['001', '--cell', 'bullmq/control']);
  expect(await next.ended).toMatchObject({ code: 0 });
  expect(await leftovers(lab, held, brokers)).toEqual([]);
});

test('an interrupted grid leaves nothing, however many cells were under way', async () => {
  using lab = new TestLab(brokers.attach);
  const fm = startRun(lab, ['001']);
  await fm.event('a fault is on', fault('on'));
  const held = holdings(lab, fm.pid);
  fm.kill('SIGINT');
  const { code, stderr } = await fm.ended;
  expect(await leftovers(lab, held, brokers)).toEqual([]);
  expect(code).toBe(130);
  expect(stderr).toMatch(/INTERRUPTED \(SIGINT\): FM_001_duplicate_delivery after \d of 20 cells/);
  expect(stderr).not.toMatch(/DISPROVEN|PROVEN/);
});

test('a second interruption leaves at once and names the command that clears up, which does', async () => {
  using lab = new TestLab(brokers.attach);
  const fm = startRun(lab);
  await fm.event('the wire is held', ({ passage }) => passage === 'held');
  const held = holdings(lab, fm.pid);
  fm.kill('SIGINT');
  fm.kill('SIGTERM');
  const { code, stderr } = await fm.ended;
  expect(code).toBe(130);
  expect(stderr).toMatch(/interrupted twice: leaving at once\. Clear up with: pnpm fm down\n$/);
  expect(await leftovers(lab, held, brokers)).not.toEqual([]);
  expect(await lab.fm(['down'])).toMatchObject({ code: 0 });
  expect(await leftovers(lab, held, brokers)).toEqual([]);
});

test('an interrupted run can be judged: nothing is proven or disproven', async () => {
  using lab = new TestLab(brokers.attach);
  const fm = startRun(lab);
  await fm.event('the queue settles', entering('settle'));
  fm.kill('SIGINT');
  const { stderr } = await fm.ended;
  const [, path = ''] = /^run +(\S+)$/m.exec(stderr) ?? [];
  const { code, stdout } = await lab.fm(['check', path, '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    verdict: 'inconclusive',
    cells: [{ ending: 'aborted', conclusion: 'inconclusive' }],
  });
});

test('of all that nothing is left on the brokers', async () => {
  expect(await brokers.vhosts()).toEqual(['/']);
  expect(await brokers.keys()).toEqual([]);
  expect(await brokers.proxies()).toEqual([]);
});

describe('while local brokers start', () => {
  const words = ['001', '--cell', 'rabbitmq/control', '--runtime', 'local'];

  /** A broker process of the lab's session runs. */
  async function brokerRuns(lab: TestLab, fm: Fm): Promise<void> {
    await fm.says('brokers: local processes');
    await expect
      .poll(() => lab.sessions().flatMap((session) => processesOf(session)).length, {
        timeout: 30_000,
        interval: 10,
      })
      .toBeGreaterThan(0);
  }

  test.each(['SIGINT', 'SIGTERM'] as const)('%s leaves nothing', async (signal) => {
    using lab = new TestLab();
    const fm = startRun(lab, words);
    await brokerRuns(lab, fm);
    const held = holdings(lab, fm.pid);
    fm.kill(signal);
    const { code, stderr } = await fm.ended;
    expect(await leftovers(lab, held, null)).toEqual([]);
    expect(stderr).toMatch(/INTERRUPTED .*\nFaults are healed.*\nagain pnpm fm 001/);
    expect(code).toBe(130);
  });

  test('after SIGKILL fm down clears everything', async () => {
    using lab = new TestLab();
    const fm = startRun(lab, words);
    await brokerRuns(lab, fm);
    const held = holdings(lab, fm.pid);
    fm.kill('SIGKILL');
    await fm.ended;
    expect(await leftovers(lab, held, null)).toContainEqual(expect.stringMatching(/^process /));
    expect(await lab.fm(['down'])).toMatchObject({ code: 0, stderr: '' });
    expect(await leftovers(lab, held, null)).toEqual([]);
  });

  test('an interrupted fm up leaves nothing either', async () => {
    using lab = new TestLab();
    const fm = lab.start(['up', '--runtime', 'local']);
    await brokerRuns(lab, fm);
    const held = holdings(lab, fm.pid);
    fm.kill('SIGINT');
    expect(await fm.ended).toMatchObject({ code: 130, stdout: '' });
    expect(await leftovers(lab, held, null)).toEqual([]);
  });
});
