/**
 * A server or the carrier of faults dies in the middle of a run. Nobody can say anything then: the run ends within the
 * limits of its waits, says who is gone, accuses nobody, and leaves nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { TestLab, type NdjsonEvent } from './testing/fm.ts';
import { holdings, leftovers } from './testing/leftovers.ts';

const words = ['001', '--runtime', 'local', '--ndjson', '--timeout', '8s'];

interface RegisteredProcess {
  readonly kind: string;
  readonly what?: string;
  readonly pid?: number;
}

/** The pid under which the only session of the lab has registered that server. */
function pidOf(lab: TestLab, server: string): number {
  const [session = ''] = lab.sessions();
  const entries = readFileSync(join(lab.state, 'sessions', session, 'registry.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as RegisteredProcess); // written by the session
  const found = entries.find(({ kind, what }) => kind === 'process' && what === server)?.pid;
  if (found === undefined) throw new Error(`no ${server} is registered`);
  return found;
}

const faultOn = ({ kind, phase }: NdjsonEvent): boolean => kind === 'fault' && phase === 'on';

test.each(['toxiproxy', 'redis', 'rabbitmq'])(
  'without %s the run ends by itself, with exit code 3 and nothing left',
  async (server) => {
    using lab = new TestLab();
    const fm = lab.start([...words, '--record', lab.runs]);
    await fm.event('a fault is on', faultOn);
    const held = holdings(lab, fm.pid);
    process.kill(pidOf(lab, server), 'SIGKILL');
    const killedAt = performance.now();
    const { code, stdout, stderr } = await fm.ended;
    expect(stderr).not.toMatch(/a bug in the lab|DISPROVEN|✓ PROVEN/);
    expect(code).toBe(3);
    expect(performance.now() - killedAt).toBeLessThan(60_000);
    const servers = stdout.split('\n').filter((line) => line.includes('"kind":"server"'));
    expect(servers).toContainEqual(
      expect.stringMatching(new RegExp(`"server":"${server}","phase":"gone"`)),
    );
    expect(await leftovers(lab, held, null)).toEqual([]);
  },
);
