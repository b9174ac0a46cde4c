import { randomUUID } from 'node:crypto';
import { join } from 'node:path';

import { parseLedgerEntry, silentJournal, storeKeys, type LedgerEntry } from '@lab/contract';
import { Gate, Program } from '@lab/contract/testing';
import { Redis } from 'ioredis';
import { describe, expect, inject, test } from 'vitest';

import { findDivergence } from './divergence.ts';
import { reconcile } from './reconcile.ts';
import { takeRecoveryLock } from './recovery-lock.ts';
import { repair } from './repair.ts';

describe('one recovery', () => {
  test('takes back every surplus effect, says so, and changes nothing the second time', async () => {
    await using store = await Store.open();
    await store.diverge();
    const first = store.reconciler();
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect(JSON.parse(first.stdout)).toEqual({
      found: { duplicated: ['job-2', 'job-3'], missing: [], unexpected: [] },
      repaired: 3,
    });
    expect(first.story('job-2')).toEqual(['repair invoke e3', 'repair ok compensated']);
    const repaired = await store.ledger();
    expect(repaired.slice(6)).toMatchObject([
      { kind: 'compensation', key: 'job-2', compensates: 'e3', amount: -20, by: 'reconciler' },
      { kind: 'compensation', key: 'job-3', compensates: 'e5', amount: -30 },
      { kind: 'compensation', key: 'job-3', compensates: 'e6', amount: -30 },
    ]);

    const second = store.reconciler();
    expect((await second.exited).code).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ repaired: 0 });
    expect(await store.ledger()).toEqual(repaired);
  });

  test('reports what it cannot repair and exits 1', async () => {
    await using store = await Store.open();
    await store.accept('job-1');
    await store.effect('e1', 'job-9', 5);
    const reconciler = store.reconciler();
    expect((await reconciler.exited).code).toBe(1);
    expect(JSON.parse(reconciler.stdout)).toEqual({
      found: { duplicated: [], missing: ['job-1'], unexpected: ['e1'] },
      repaired: 0,
    });
    expect(await store.ledger()).toHaveLength(1);
  });

  test('says that Redis refuses and exits 3', async () => {
    await using store = await Store.open();
    const reconciler = store.reconciler({ REDIS_URL: 'redis://127.0.0.1:1' });
    expect((await reconciler.exited).code).toBe(3);
    expect(reconciler.stderr).toContain('reconciler: cannot reach Redis at 127.0.0.1:1: ');
  });

  test('names every variable that is wrong and exits 64', async () => {
    await using store = await Store.open();
    const reconciler = store.reconciler({ KEY_PREFIX: undefined, LOCK_TTL_MS: 'soon' });
    expect((await reconciler.exited).code).toBe(64);
    expect(reconciler.stderr).toMatch(/KEY_PREFIX is not set; LOCK_TTL_MS: /);
  });
});

describe('a recovery that is interrupted', () => {
  test.for([
    ['cut before its command is sent', 'command', 'cut'],
    ['cut before its answer is back', 'reply', 'cut'],
    ['killed before its answer is back', 'reply', 'kill'],
  ] as const)(
    '%s, at every one of its steps, leaves nothing half done and can be run again',
    { timeout: 90_000 }, // a process for every step
    async ([, keep, how]) => {
      const compensatedAt: number[] = [];
      for (let step = 1; ; step++) {
        await using store = await Store.open();
        await store.diverge();
        const gate = await store.gate();
        gate.snare(store.name, keep, step); // every command of a recovery names the key space
        const reconciler = store.reconciler({ REDIS_URL: gate.url, LOCK_TTL_MS: '150' });
        const struck = () => (keep === 'command' ? gate.closed : gate.answered);
        await reconciler.eventually(() => struck() || reconciler.stdout !== '');
        if (!struck()) break; // it has no such step: every one was tried
        if (how === 'kill') reconciler.kill('SIGKILL');
        gate.cut();
        const exit = await reconciler.exited;
        expect(exit).toEqual(
          how === 'kill' ? { code: null, signal: 'SIGKILL' } : { code: 3, signal: null },
        );
        compensatedAt.push((await store.compensations()).length);

        const { repaired, remaining } = await store.reconcile();
        expect(repaired).toBe(3 - (compensatedAt.at(-1) ?? 0));
        expect(remaining).toEqual({ duplicated: [], missing: [], unexpected: [] });
        expect((await store.compensations()).toSorted()).toEqual(['e3', 'e5', 'e6']);
        expect((await store.reconcile()).repaired).toBe(0);
      }
      // The sweep really went through the middle of the repair, not only around it.
      expect(new Set(compensatedAt)).toEqual(new Set([0, 1, 2, 3]));
    },
  );
});

describe('two recoveries', () => {
  test('at once repair everything once between them', async () => {
    await using store = await Store.open();
    await store.diverge();
    const both = [store.reconciler(), store.reconciler()];
    for (const reconciler of both) expect((await reconciler.exited).code).toBe(0);
    const repaired = both.map(
      ({ stdout }) => (JSON.parse(stdout) as { repaired: number }).repaired,
    );
    expect(repaired.toSorted((a, b) => a - b)).toEqual([0, 3]);
    expect(await store.compensations()).toEqual(['e3', 'e5', 'e6']);
  });

  test('one that slept through its lease is fenced out by the store', async () => {
    await using store = await Store.open();
    await store.diverge();
    const gate = await store.gate();
    gate.snare(store.keys.compensations, 'command');
    const sleeper = store.reconciler({ REDIS_URL: gate.url, ROLE: 'sleeper' });
    await sleeper.eventually(() => gate.closed);
    const other = store.reconciler({ ROLE: 'other' }); // waits for the sleeper's lease to end
    expect((await other.exited).code).toBe(0);
    gate.open();
    expect((await sleeper.exited).code).toBe(0); // it looked again: nothing diverges any more
    expect(sleeper.events.map(({ phase, detail }) => [phase, detail])).toEqual([
      ['invoke', 'e3'],
      ['fail', 'fenced out'],
    ]);
    const signed = (await store.ledger()).filter(({ kind }) => kind === 'compensation');
    expect(signed.map(({ by }) => by)).toEqual(['other', 'other', 'other']);
  });

  test('one gives up when the other keeps the lock, and says why', async () => {
    await using store = await Store.open();
    await store.diverge();
    await store.redis.set(store.keys.recoveryLock, '41');
    const reconciler = store.reconciler({ LOCK_TTL_MS: '50' });
    expect((await reconciler.exited).code).toBe(1);
    expect(reconciler.stderr).toContain('another recovery still holds');
    expect(await store.compensations()).toEqual([]);
  });

  test('repairing one finding twice takes each effect back once', async () => {
    await using store = await Store.open();
    await store.diverge();
    const { redis, keys } = store;
    const lock = await takeRecoveryLock(redis, keys, 5000);
    const effects = await store.ledger();
    const found = findDivergence([], effects);
    const options = { redis, keys, lock, lockTtlMs: 5000, role: 'direct', journal: silentJournal };
    expect(await repair(found, options)).toBe(3);
    expect(await repair(found, options)).toBe(0); // a stale finding: only the commit record can know
    expect(await store.compensations()).toEqual(['e3', 'e5', 'e6']);
  });

  test('each holder of the lock has a larger token than the one before', async () => {
    await using store = await Store.open();
    await store.reconcile();
    const before = Number(await store.redis.get(store.keys.recoveryFence));
    await store.reconcile();
    expect(Number(await store.redis.get(store.keys.recoveryFence))).toBe(before + 1);
    expect(await store.redis.exists(store.keys.recoveryLock)).toBe(0);
  });
});

/** A key space of a test's own, gone when the test ends. */
class Store implements AsyncDisposable {
  readonly name = `reconciler-test-${randomUUID().slice(0, 8)}`;
  readonly keys = storeKeys(this.name);
  readonly redis = new Redis(inject('redisUrl'));
  readonly #stack = new AsyncDisposableStack();

  static async open(): Promise<Store> {
    const store = new Store();
    await store.redis.ping();
    return store;
  }

  /** Three accepted jobs; one effect of the first, two of the second, three of the third. */
  async diverge(): Promise<void> {
    for (const key of ['job-1', 'job-2', 'job-3']) await this.accept(key);
    for (const [entry, key, amount] of [
      ['e1', 'job-1', 10],
      ['e2', 'job-2', 20],
      ['e3', 'job-2', 20],
      ['e4', 'job-3', 30],
      ['e5', 'job-3', 30],
      ['e6', 'job-3', 30],
    ] as const) {
      await this.effect(entry, key, amount);
    }
  }

  async accept(key: string): Promise<void> {
    const job = { key, correlationId: 'flow', causationId: 'order', amount: 5 };
    await this.redis.rpush(this.keys.accepted, JSON.stringify(job));
  }

  async effect(entry: string, key: string, amount: number): Promise<void> {
    const effect: LedgerEntry = { entry, key, kind: 'effect', amount, by: 'worker-1' };
    await this.redis.rpush(this.keys.ledger, JSON.stringify(effect));
  }

  async ledger(): Promise<LedgerEntry[]> {
    const lines = await this.redis.lrange(this.keys.ledger, 0, -1);
    return lines.map((line) => parseLedgerEntry(line));
  }

  /** Which entries the ledger takes back, one for each compensation. */
  async compensations(): Promise<string[]> {
    return (await this.ledger()).flatMap(({ compensates }) => compensates ?? []);
  }

  async gate(): Promise<Gate> {
    return this.#stack.use(await Gate.open(inject('redisUrl')));
  }

  /** Starts the program. */
  reconciler(settings: Readonly<Record<string, string | undefined>> = {}): Program {
    return this.#stack.use(
      new Program(join(import.meta.dirname, 'main.ts'), {
        ROLE: 'reconciler',
        TRANSPORT: 'rabbitmq',
        REDIS_URL: inject('redisUrl'),
        KEY_PREFIX: this.name,
        LOCK_TTL_MS: '500',
        ...settings,
      }),
    );
  }

  /** A recovery in this process, over a direct connection. */
  reconcile() {
    const { redis, keys } = this;
    return reconcile({ redis, keys, role: 'direct', lockTtlMs: 2000, journal: silentJournal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
    const keys = await this.redis.keys(`{${this.name}}*`);
    if (keys.length > 0) await this.redis.del(keys);
    this.redis.disconnect();
  }
}
