import { existsSync } from 'node:fs';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { vhostPrefix } from './brokers.ts';
import { openSession } from './session.ts';
import { sweep } from './sweep.ts';
import { closedPort } from './testing/fake-servers.ts';
import { ownState, type OwnState } from './testing/state.ts';

let state: OwnState;
beforeEach(() => {
  state = ownState();
});
afterEach(() => state[Symbol.asyncDispose]());

/** What a dead lab had on a broker that nobody answers for. */
async function deadSession(lasting: boolean): Promise<string> {
  const session = openSession();
  const managementUrl = `http://lab:secret@127.0.0.1:${await closedPort()}/`;
  for (const name of ['one', 'two', 'three']) {
    const vhost = `${vhostPrefix}${session.id}-${name}`;
    session.register({ kind: 'vhost', managementUrl, name: vhost, lasting });
  }
  session.disown();
  return session.directory;
}

test('every vhost of a broker that ended with its lab is gone with it, not the first only', async () => {
  const directory = await deadSession(false);
  expect(await sweep()).toEqual({ sessions: 1, removed: [], left: [] });
  expect(existsSync(directory)).toBe(false);
});

test('every vhost of a broker of others that is down is left, to be tried again', async () => {
  const directory = await deadSession(true);
  const { left } = await sweep();
  expect(left).toEqual(
    ['one', 'two', 'three'].map((name) => expect.stringContaining(`-${name} at`)),
  );
  expect(left.join(' ')).not.toContain('secret');
  expect(existsSync(directory)).toBe(true);
});
