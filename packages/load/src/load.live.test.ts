/** Client, server and shedder as their operator runs them. A burst of jobs and then none: so that the books can be closed. */
import { exitCodes, hopQueue, loadQueues, type LoadSetting } from '@lab/contract';
import { arrivalsOf, failsAtRandom, type RequestMessage } from '@lab/workload';
import { describe, expect, test } from 'vitest';

import { counted, LoadSandbox, quick } from './testing/load-sandbox.ts';

/** About twenty jobs within a fifth of a second, and then nothing for a minute. */
const burst: LoadSetting = {
  ...quick,
  topology: 'rpc',
  concurrency: null,
  warmUpMs: 0,
  trigger: 'spike',
  triggerMs: 200,
  offeredPerS: 1e-3,
  spikeFactor: 1e5,
};
const patient: LoadSetting = { ...burst, timeoutMs: 1000 };

describe.concurrent('client and server', () => {
  test('answer every job with one attempt while all is well, and the books balance', async () => {
    await using sandbox = await LoadSandbox.open();
    const jobs = arrivalsOf(patient).length;
    const server = await sandbox.start('server', patient).ready();
    const client = await sandbox.start('client', patient).ready();
    await client.eventually(() => counted(client, 'succeeded') === jobs);
    expect(await client.stop()).toEqual({ code: exitCodes.failed, signal: null }); // stopped before its time
    expect(await server.stop()).toEqual({ code: exitCodes.ok, signal: null });
    const counts = ['offered', 'sent', 'reached', 'succeeded', 'failed', 'timedOut'] as const;
    expect(counts.map((count) => counted(client, count))).toEqual([jobs, jobs, jobs, jobs, 0, 0]);
    expect(counted(server, 'delivered')).toBe(jobs);
    expect(counted(server, 'served')).toBe(jobs);
  });

  test('offer what the seed says, whatever becomes of it', async () => {
    const unserved = { ...burst, policy: 'none' };
    const [one, two] = await Promise.all([offeredBy(unserved), offeredBy(unserved)]);
    expect(one).toEqual(two);
    expect(one).toEqual([...arrivalsOf(unserved)].map((due) => due.toFixed(3)));
  });

  test('try as often as the policy allows while the server stands still, and hear of it later', async () => {
    await using sandbox = await LoadSandbox.open();
    const jobs = arrivalsOf(burst).length;
    const server = await sandbox.start('server', burst).ready();
    server.kill('SIGSTOP');
    const client = await sandbox.start('client', burst).ready();
    await client.eventually(() => counted(client, 'failed') === jobs);
    expect(counted(client, 'timedOut')).toBe(4 * jobs);
    expect(counted(client, 'reached')).toBe(4 * jobs);
    server.kill('SIGCONT');
    await client.eventually(() => counted(client, 'late') === 4 * jobs);
    await server.eventually(() => counted(server, 'served') === 4 * jobs);
    expect(counted(client, 'succeeded')).toBe(0);
  });

  test('fail the requests that the seed chose', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...patient, policy: 'none', failureRate: 0.4 };
    const jobs = [...arrivalsOf(setting).keys()];
    const failing = jobs.filter((job) => failsAtRandom(setting, job, 1)).length;
    await sandbox.start('server', setting).ready();
    const client = await sandbox.start('client', setting).ready();
    await client.eventually(() => counted(client, 'errors') === failing);
    await client.eventually(() => counted(client, 'succeeded') === jobs.length - failing);
    expect(failing).toBeGreaterThan(0);
  });

  test('go on after their connections were closed, and leave no job out', async () => {
    await using sandbox = await LoadSandbox.open();
    const steady = { ...quick, topology: 'rpc', policy: 'none', concurrency: null } as const;
    const server = await sandbox.start('server', steady).ready();
    const client = await sandbox.start('client', steady).ready();
    await client.eventually(() => counted(client, 'succeeded') > 0);
    await sandbox.closeConnections();
    for (const program of [client, server]) {
      await program.eventually(() => program.stderr.includes('amqp reconnected'));
    }
    const [succeeded, served] = [counted(client, 'succeeded'), counted(server, 'served')];
    await client.eventually(() => counted(client, 'succeeded') > succeeded);
    await server.eventually(() => counted(server, 'served') > served);
    await client.stop();
    expect(counted(client, 'sent')).toBe(counted(client, 'offered'));
  });

  test('do not take what was lost with its connection for refused', async () => {
    await using sandbox = await LoadSandbox.open();
    const gate = await sandbox.gate('rabbitmq');
    const setting = { ...patient, policy: 'none' };
    const jobs = arrivalsOf(setting).length;
    gate.snare('"job":5', 'command');
    const client = sandbox.start('client', setting, { RABBITMQ_URL: gate.url });
    await client.eventually(() => gate.closed); // job 5 and all after it are under way and unconfirmed
    gate.cut();
    await client.eventually(() => counted(client, 'failed') === jobs);
    expect(counted(client, 'sent')).toBe(jobs);
    expect(counted(client, 'timedOut')).toBe(jobs);
    expect(counted(client, 'rejected')).toBe(0);
  });

  test('send the next job only when one has ended, where the loop is closed', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...burst, policy: 'none', closedCallers: 3 };
    const jobs = arrivalsOf(setting).length;
    const client = await sandbox.start('client', setting).ready();
    await client.eventually(() => counted(client, 'failed') === jobs);
    const messages = await messagesIn(sandbox);
    expect(messages).toHaveLength(jobs);
    const overlaps = messages.filter(({ sentAt }, index) => {
      const third = messages[index - 3];
      return third !== undefined && sentAt < third.deadlineAt;
    });
    expect(overlaps).toEqual([]);
  });
});

describe.concurrent('a queue with rules', () => {
  test('that rejects takes as many as it holds, and the client knows of every other', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...patient, policy: 'bounded-queue-reject', queueBound: 5 };
    const client = await sandbox.start('client', setting).ready();
    const attempts = setting.attempts * arrivalsOf(setting).length;
    await client.eventually(() => counted(client, 'rejected') >= attempts - 5 * setting.attempts);
    expect(counted(client, 'reached')).toBe(5);
    expect(await sandbox.ready()).toBe(5);
    await client.stop();
    expect(counted(client, 'sent')).toBe(5 + counted(client, 'rejected'));
  });

  test('that drops its head says how many it took out', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...burst, policy: 'bounded-queue-drop-head', queueBound: 5 };
    const client = await sandbox.start('client', setting).ready();
    const attempts = setting.attempts * arrivalsOf(setting).length;
    await client.eventually(() => counted(client, 'reached') === attempts);
    expect(await sandbox.ready()).toBe(5);
    expect(await sandbox.ready(loadQueues.dropped)).toBe(attempts - 5);
  });

  test('that expires what is too old says how many it took out', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...burst, policy: 'per-message-ttl' };
    const client = await sandbox.start('client', setting).ready();
    const attempts = setting.attempts * arrivalsOf(setting).length;
    await client.eventually(() => counted(client, 'reached') === attempts);
    await client.eventually(async () => (await sandbox.ready(loadQueues.dropped)) === attempts);
    expect(await sandbox.ready()).toBe(0);
  });
});

describe.concurrent('three layers', () => {
  const layers: LoadSetting = {
    ...burst,
    topology: 'layers',
    hops: 3,
    attempts: 3,
    timeoutMs: 1000,
    offeredPerS: 1e-4,
  };

  test('make one attempt a job at every hop while all is well', async () => {
    await using sandbox = await LoadSandbox.open();
    const { jobs, end } = await called(sandbox, layers, {}, 'succeeded');
    expect(await end()).toEqual([jobs, jobs, jobs]);
  });

  test('make 3, 9 and 27 attempts a job while the store cannot be reached', async () => {
    await using sandbox = await LoadSandbox.open();
    const gate = await sandbox.gate('redis');
    const { jobs, end } = await called(sandbox, layers, { REDIS_URL: gate.url }, 'failed', () =>
      gate.refuse(),
    );
    expect(await end()).toEqual([3 * jobs, 9 * jobs, 27 * jobs]);
  });
});

describe.concurrent('the shedder', () => {
  test('throws the backlog away, once', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting = { ...burst, policy: 'none', capacityPerS: 20 };
    const client = await sandbox.start('client', setting).ready();
    const jobs = arrivalsOf(setting).length;
    await client.eventually(() => counted(client, 'failed') === jobs);
    const first = sandbox.start('shedder', setting);
    expect(await first.exited).toEqual({ code: exitCodes.ok, signal: null });
    expect(first.stdout).toBe(`{"repaired":${jobs}}\n`);
    const second = sandbox.start('shedder', setting);
    expect((await second.exited).code).toBe(exitCodes.ok);
    expect(second.stdout).toBe('{"repaired":0}\n');
  });

  test('says so when the queue does not stay short', async () => {
    await using sandbox = await LoadSandbox.open();
    const setting: LoadSetting = { ...quick, topology: 'rpc', policy: 'none', capacityPerS: 1 };
    await sandbox.start('client', setting).ready(); // and no server
    const shedder = sandbox.start('shedder', setting);
    expect((await shedder.exited).code).toBe(exitCodes.failed);
    expect(shedder.stdout).toMatch(/^\{"repaired":[1-9]\d*\}\n$/);
  });
});

describe.concurrent('a program of a load', () => {
  test.for(['client', 'server', 'shedder'] as const)(
    'says what is wrong with its environment: %s',
    async (program) => {
      await using sandbox = await LoadSandbox.open();
      const started = sandbox.start(program, { ...burst, policy: 'hope' });
      expect((await started.exited).code).toBe(exitCodes.usage);
      expect(started.stderr).toMatch(`${program}: wrong environment: LOAD`);
    },
  );

  test.for(['client', 'server', 'shedder'] as const)(
    'says that RabbitMQ refuses: %s',
    async (program) => {
      await using sandbox = await LoadSandbox.open();
      const RABBITMQ_URL = 'amqp://127.0.0.1:1/';
      const started = sandbox.start(program, burst, { RABBITMQ_URL });
      expect((await started.exited).code).toBe(exitCodes.unreachable);
      expect(started.stderr).toMatch(/: cannot reach RabbitMQ at 127\.0\.0\.1:1: .*ECONNREFUSED/);
    },
  );
});

/** Offers a burst that nobody serves. @returns when the jobs in the queue were due, ms since the start */
async function offeredBy(setting: LoadSetting): Promise<string[]> {
  await using sandbox = await LoadSandbox.open();
  const client = await sandbox.start('client', setting).ready();
  const jobs = arrivalsOf(setting).length;
  await client.eventually(() => counted(client, 'reached') === jobs);
  const messages = await messagesIn(sandbox);
  return messages.map(({ dueAt, startedAt }) => (dueAt - startedAt).toFixed(3));
}

/** Takes everything out of the request queue, oldest first. */
async function messagesIn(sandbox: LoadSandbox): Promise<RequestMessage[]> {
  const messages: RequestMessage[] = [];
  for (let left = await sandbox.ready(); left > 0; left--) {
    const message = await sandbox.take();
    if (message === false) break;
    messages.push(JSON.parse(message.content.toString('utf8')) as RequestMessage); // the client's own contract
  }
  return messages;
}

/** Starts all hops, strikes, and offers a burst until every job has ended as it should. */
async function called(
  sandbox: LoadSandbox,
  setting: LoadSetting,
  lastHop: Readonly<Record<string, string>>,
  ending: 'succeeded' | 'failed',
  strike: () => void = () => undefined,
) {
  const hops = [1, 2, 3];
  const servers = hops.map((hop) => {
    const environment = { HOP: String(hop), ...(hop === 3 ? lastHop : {}) };
    return sandbox.start('server', setting, environment);
  });
  await Promise.all(servers.map((server) => server.ready()));
  strike();
  const jobs = arrivalsOf(setting).length;
  const client = await sandbox.start('client', setting).ready();
  await client.eventually(() => counted(client, ending, hopQueue(1, 3)) === jobs);
  /** Attempts that reached each hop, counted by whoever published them. */
  const end = async (): Promise<number[]> => {
    await Promise.all([client, ...servers].map((program) => program.stop()));
    return [client, ...servers.slice(0, 2)].map((caller, index) =>
      counted(caller, 'reached', hopQueue(index + 1, 3)),
    );
  };
  return { jobs, end };
}
