import { randomBytes } from 'node:crypto';

import amqp from 'amqplib';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';

import type { AttachUrls, Brokers } from './index.ts';
import { EnvironmentError, memoryAlarm, openSession, provision, restart } from './index.ts';
import { openManagement } from './management.ts';
import { closedPort, fakeManagement, fakeRedis } from './testing/fake-servers.ts';
import { makeForeign } from './testing/foreign.ts';
import type { OwnState } from './testing/state.ts';
import { ownState } from './testing/state.ts';
import { terminateTls } from './testing/tls-terminator.ts';

const live = {
  rabbitmq: inject('rabbitmqUrl'),
  management: inject('managementUrl'),
  redis: inject('redisUrl'),
};
const tlsVariables = ['LAB_TLS_CA', 'LAB_TLS_SERVERNAME', 'LAB_TLS_INSECURE'];

let state: OwnState;
beforeEach(() => {
  state = ownState();
});
afterEach(async () => {
  for (const name of tlsVariables) delete process.env[name];
  await state[Symbol.asyncDispose]();
});

async function withAttached(
  urls: AttachUrls,
  use: (brokers: Brokers) => Promise<void>,
): Promise<void> {
  const session = openSession();
  try {
    await using brokers = await provision({ session, attach: urls });
    await use(brokers);
  } finally {
    await session.end();
  }
}

/** The message of the EnvironmentError that attaching ends with. */
async function refusal(urls: AttachUrls): Promise<string> {
  const attempt = withAttached(urls, () => Promise.reject(new Error('it was let in')));
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return (error as EnvironmentError).message; // just seen
}

const withPassword = (url: string, password: string): string => {
  const changed = new URL(url);
  changed.password = password;
  if (changed.username === '') changed.username = 'default';
  return changed.href;
};

describe('what it makes on brokers of others', () => {
  it('works in a vhost and a key space of its own, and leaves everything else as it was', async () => {
    await using foreign = await makeForeign(live);
    const before = await foreign.look();
    let vhostUrl = '';
    let prefix = '';
    await withAttached(live, async (brokers) => {
      const vhost = await brokers.rabbitmq.createVhost('cell/1');
      vhostUrl = vhost.directUrl;
      expect(await brokers.rabbitmq.listOwnVhosts()).toEqual([vhost.name]);
      prefix = await brokers.redis.createKeyPrefix('cell:1');
      const redis = new Redis(brokers.redis.directUrl);
      await redis.mset(`${prefix}:a`, '1', `{${prefix}}:b`, '2', `${prefix}-not-under-it`, '3');
      expect(await brokers.redis.removeKeys(prefix)).toBe(2);
      expect(await redis.getdel(`${prefix}-not-under-it`)).toBe('3');
      await redis.set(`${prefix}:left`, '1');
      redis.disconnect();
    });
    await expect(amqp.connect(vhostUrl)).rejects.toThrow('ConnectionOpenOk'); // the vhost is gone
    const redis = new Redis(live.redis);
    expect(await redis.exists(`${prefix}:left`)).toBe(0);
    redis.disconnect();
    expect(await foreign.look()).toEqual(before);
  });

  it('refuses a vhost that is there already', async () => {
    await withAttached(live, async (brokers) => {
      const vhost = await brokers.rabbitmq.createVhost('once');
      await expect(brokers.rabbitmq.createVhost('once')).rejects.toThrow('already made');
      using management = openManagement(live.management);
      const theirs = vhost.name.replace('once', 'theirs');
      await management.request('PUT', `/vhosts/${theirs}`);
      await expect(brokers.rabbitmq.createVhost('theirs')).rejects.toThrow(
        'does not touch what it did not make',
      );
      const { status } = await management.request('DELETE', `/vhosts/${theirs}`);
      expect(status).toBe(204); // still there until now
    });
  });

  it('refuses to remove keys under a prefix it did not give', async () => {
    await withAttached(live, async (brokers) => {
      await expect(brokers.redis.removeKeys('reliability-lab-0000000000:cell')).rejects.toThrow(
        "not the lab's to remove",
      );
    });
  });

  it('refuses to harm brokers that others may be using', async () => {
    await withAttached(live, (brokers) => {
      expect(() => restart(brokers, 'rabbitmq')).toThrow(/did not start these brokers/);
      expect(() => memoryAlarm(brokers)).toThrow(/did not start these brokers/);
      return Promise.resolve();
    });
  });

  it('counts a queue as it is now, not as last sampled', async () => {
    await withAttached(live, async (brokers) => {
      const vhost = await brokers.rabbitmq.createVhost('counts');
      const connection = await amqp.connect(vhost.directUrl);
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue('jobs');
      for (let sent = 1; sent <= 5; sent += 1) {
        channel.sendToQueue('jobs', Buffer.from('job'));
        await channel.waitForConfirms();
        expect(await vhost.queueTotals('jobs')).toEqual({ ready: sent, unacknowledged: 0 });
      }
      const job = await channel.get('jobs');
      expect(await vhost.queueTotals('jobs')).toEqual({ ready: 4, unacknowledged: 1 });
      if (job === false) throw new Error('the queue was empty');
      channel.ack(job);
      await channel.checkQueue('jobs'); // the broker has seen the ack when it answers this
      expect(await vhost.queueTotals('jobs')).toEqual({ ready: 4, unacknowledged: 0 });
      await expect(vhost.queueTotals('none')).rejects.toThrow('there is no queue none');
      await connection.close();
    });
  });
});

describe('TLS towards the server', () => {
  it('attaches to amqps:// and gives plain URLs to clients of a tap', async () => {
    await using tls = await terminateTls(new URL(live.rabbitmq));
    process.env['LAB_TLS_CA'] = tls.caFile;
    process.env['LAB_TLS_SERVERNAME'] = tls.servername;
    const url = new URL(live.rabbitmq.replace('amqp:', 'amqps:'));
    url.port = String(tls.port);
    await withAttached({ ...live, rabbitmq: url.href }, async (brokers) => {
      const vhost = await brokers.rabbitmq.createVhost('tls');
      expect(vhost.directUrl).toMatch(/^amqps:/);
      expect(vhost.url('127.0.0.1', 1)).toMatch(/^amqp:/);
      const connection = await amqp.connect(vhost.directUrl, brokers.rabbitmq.tls);
      await connection.close();
    });
  });

  it('attaches to rediss:// and gives plain URLs to clients of a tap', async () => {
    await using tls = await terminateTls(new URL(live.redis));
    process.env['LAB_TLS_CA'] = tls.caFile;
    process.env['LAB_TLS_SERVERNAME'] = tls.servername;
    await withAttached({ ...live, redis: `rediss://127.0.0.1:${tls.port}` }, async (brokers) => {
      expect(brokers.redis.directUrl).toMatch(/^rediss:/);
      expect(brokers.redis.url('127.0.0.1', 1)).toMatch(/^redis:/);
      const prefix = await brokers.redis.createKeyPrefix('tls');
      expect(await brokers.redis.removeKeys(prefix)).toBe(0);
    });
  });

  it('says that a certificate is not trusted, and how to name its authority', async () => {
    await using tls = await terminateTls(new URL(live.redis));
    const message = await refusal({ ...live, redis: `rediss://127.0.0.1:${tls.port}` });
    expect(message).toMatch(/certificate is not trusted.*LAB_TLS_CA/);
  });
});

describe('each way of not being usable', () => {
  it('says that RabbitMQ refuses the password', async () => {
    const message = await refusal({ ...live, rabbitmq: withPassword(live.rabbitmq, 'wrong') });
    expect(message).toMatch(/RabbitMQ refuses the user name or password/);
    expect(message).not.toContain('wrong');
  });

  it('says that Redis refuses the password', async () => {
    const name = `lab-test-${randomBytes(5).toString('hex')}`;
    const redis = new Redis(live.redis);
    await redis.acl('SETUSER', name, 'on', '>secret', '~*', '+@all');
    try {
      const url = new URL(live.redis);
      url.username = name;
      const message = await refusal({ ...live, redis: withPassword(url.href, 'wrong') });
      expect(message).toMatch(/Redis refuses the user name or password/);
      const right = withPassword(url.href, 'secret');
      await withAttached({ ...live, redis: right }, async (brokers) => {
        expect(brokers.redis.url('127.0.0.1', 1)).toBe(`redis://${name}:secret@127.0.0.1:1/0`);
        await brokers.redis.createKeyPrefix('cell'); // removed with the right password at the end
      });
    } finally {
      await redis.acl('DELUSER', name);
      redis.disconnect();
    }
  });

  it('says that nothing listens', async () => {
    const port = await closedPort();
    expect(await refusal({ ...live, rabbitmq: `amqp://127.0.0.1:${port}` })).toMatch(
      /no RabbitMQ answers/,
    );
    expect(await refusal({ ...live, redis: `redis://127.0.0.1:${port}` })).toMatch(
      /no Redis answers/,
    );
    expect(await refusal({ ...live, toxiproxy: `http://127.0.0.1:${port}` })).toMatch(
      /Toxiproxy's API does not answer/,
    );
  });

  it('says that the management API is missing, whether nothing or something else answers', async () => {
    const port = await closedPort();
    const expected = /management API does not answer.*rabbitmq-plugins enable rabbitmq_management/;
    expect(await refusal({ ...live, management: `http://127.0.0.1:${port}` })).toMatch(expected);
    await using other = await fakeManagement({});
    const management = `http://127.0.0.1:${other.port}`;
    expect(await refusal({ ...live, management })).toMatch(expected);
  });

  it('says that RabbitMQ is too old', async () => {
    await using old = await fakeManagement({
      '/overview': { rabbitmq_version: '3.7.28', erlang_version: '22.3' },
      '/whoami': { name: 'guest', tags: 'administrator' },
    });
    const management = `http://127.0.0.1:${old.port}`;
    expect(await refusal({ ...live, management })).toMatch(/RabbitMQ 3\.7\.28 is too old/);
  });

  it('says that Redis is too old', async () => {
    await using old = await fakeRedis('# Server\r\nredis_version:5.0.7\r\n');
    expect(await refusal({ ...live, redis: `redis://127.0.0.1:${old.port}` })).toMatch(
      /Redis 5\.0\.7 is too old/,
    );
  });

  it.each([
    ['management', /may not make a vhost.*administrator/],
    ['', /no tag that lets it in.*administrator/],
  ])('says that a user with the tags "%s" may not make a vhost', async (tags, expected) => {
    const name = `lab-test-${randomBytes(5).toString('hex')}`;
    using management = openManagement(live.management);
    await management.request('PUT', `/users/${name}`, { password: 'secret', tags });
    try {
      const [rabbitmq, api] = [new URL(live.rabbitmq), new URL(live.management)];
      for (const url of [rabbitmq, api]) {
        url.username = name;
        url.password = 'secret';
      }
      expect(await refusal({ ...live, rabbitmq: rabbitmq.href, management: api.href })).toMatch(
        expected,
      );
    } finally {
      await management.request('DELETE', `/users/${name}`);
    }
  });

  it('says what a URL should look like', async () => {
    expect(await refusal({ ...live, rabbitmq: 'localhost:5672' })).toMatch(/amqp:\/\//);
  });

  it('says that a RabbitMQ without a Redis is not enough', async () => {
    expect(await refusal({ rabbitmq: live.rabbitmq })).toMatch(
      /LAB_RABBITMQ_URL and LAB_REDIS_URL/,
    );
  });
});
