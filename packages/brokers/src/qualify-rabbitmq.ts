/** Is this RabbitMQ one the lab can work on? AMQP first, then the management API, then the user's rights. */
import amqp from 'amqplib';
import { z } from 'zod';

import type { Endpoint, TlsSettings } from './brokers.ts';
import { EnvironmentError } from './environment-error.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { openManagement, withoutPassword } from './management.ts';
import { isOlder } from './version.ts';

const oldestVersion = '3.8';
const handshakeLimitMs = 10_000;

export interface QualifiedRabbitmq {
  readonly version: string;
  readonly erlangVersion: string;
  readonly direct: Endpoint;
  readonly managementUrl: string;
  readonly username: string;
  readonly password: string;
  readonly tls?: TlsSettings;
}

export interface RabbitmqTarget {
  readonly url: URL;
  readonly managementUrl: string;
  readonly tls?: TlsSettings;
}

/** @throws EnvironmentError when it cannot be reached, refuses the user, has no management API, or is too old. */
export async function qualifyRabbitmq(target: RabbitmqTarget): Promise<QualifiedRabbitmq> {
  const { url, managementUrl, tls } = target;
  const [username, password] =
    url.username === ''
      ? ['guest', 'guest']
      : [decodeURIComponent(url.username), decodeURIComponent(url.password)];
  const direct = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (tls === undefined ? 5672 : 5671) : Number(url.port),
  };
  await tryAmqp(target, direct, username, password);
  const overview = await readOverview(managementUrl, tls);
  if (isOlder(overview.rabbitmq_version, oldestVersion)) {
    throw new EnvironmentError({
      what: `RabbitMQ ${overview.rabbitmq_version} is too old: the lab needs ${oldestVersion} or newer`,
      where: withoutPassword(url.href),
      next: 'attach to a newer one, or run with --runtime local',
    });
  }
  return {
    version: overview.rabbitmq_version,
    erlangVersion: overview.erlang_version,
    direct,
    managementUrl,
    username,
    password,
    ...(tls === undefined ? {} : { tls }),
  };
}

async function tryAmqp(
  { url, tls }: RabbitmqTarget,
  direct: Endpoint,
  username: string,
  password: string,
): Promise<void> {
  try {
    const connection = await amqp.connect(
      {
        protocol: tls === undefined ? 'amqp' : 'amqps',
        hostname: direct.host,
        port: direct.port,
        username,
        password,
        vhost: decodeURIComponent(url.pathname.replace(/^\//, '')) || '/',
      },
      { timeout: handshakeLimitMs, ...tls },
    );
    connection.on('error', () => undefined); // it is closed at once
    await connection.close();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    // Known user, closed door: amqplib tells of the refused vhost only by what it expected. The lab makes its own.
    if (/ConnectionOpenOk|NOT_ALLOWED/i.test(text)) return;
    throw amqpRefusal(error, text, withoutPassword(url.href));
  }
}

function amqpRefusal(cause: unknown, why: string, where: string): EnvironmentError {
  if (/ACCESS.REFUSED/i.test(why)) {
    return new EnvironmentError(
      {
        what: 'RabbitMQ refuses the user name or password',
        where,
        why,
        next: 'correct the credentials in LAB_RABBITMQ_URL (guest is let in from loopback only)',
      },
      { cause },
    );
  }
  if (/certificate|self.signed|altname|wrong version number/i.test(why)) {
    return new EnvironmentError(
      {
        what: "RabbitMQ's certificate is not trusted",
        where,
        why,
        next: 'name the authority with LAB_TLS_CA=FILE and the host with LAB_TLS_SERVERNAME',
      },
      { cause },
    );
  }
  return new EnvironmentError(
    {
      what: 'no RabbitMQ answers',
      where,
      why,
      next: 'start it, or correct LAB_RABBITMQ_URL',
    },
    { cause },
  );
}

const overviewSchema = z.object({
  rabbitmq_version: z.string(),
  erlang_version: z.string().default('unknown'),
});
const whoSchema = z.object({
  name: z.string(),
  tags: z.union([z.string(), z.array(z.string())]), // a comma-separated string before 3.9
});

async function readOverview(
  managementUrl: string,
  tls: TlsSettings | undefined,
): Promise<z.infer<typeof overviewSchema>> {
  const where = withoutPassword(managementUrl);
  const secure = managementUrl.startsWith('https:');
  using management = openManagement(managementUrl, secure ? tls : undefined);
  let overview: HttpAnswer;
  let who: HttpAnswer;
  try {
    overview = await management.request('GET', '/overview');
    who = await management.request('GET', '/whoami');
  } catch (error) {
    throw noManagement(where, error instanceof Error ? error.message : String(error), error);
  }
  if (overview.status === 401) {
    throw new EnvironmentError({
      what: 'the management API refuses the user name or password, or the user has no tag that lets it in',
      where,
      next: 'rabbitmqctl set_user_tags USER administrator, or correct LAB_MANAGEMENT_URL',
    });
  }
  const parsed = overviewSchema.safeParse(overview.body);
  if (!parsed.success) throw noManagement(where, `HTTP ${overview.status}, and not its reply`);
  const user = whoSchema.safeParse(who.body);
  const tags = user.success ? user.data.tags : [];
  if (!(typeof tags === 'string' ? tags.split(',') : tags).includes('administrator')) {
    throw new EnvironmentError({
      what: 'the user may not make a vhost: it has no administrator tag',
      where,
      next: 'rabbitmqctl set_user_tags USER administrator',
    });
  }
  return parsed.data;
}

function noManagement(where: string, why: string, cause?: unknown): EnvironmentError {
  return new EnvironmentError(
    {
      what: "RabbitMQ's management API does not answer",
      where,
      why,
      next: 'rabbitmq-plugins enable rabbitmq_management, or name it with LAB_MANAGEMENT_URL',
    },
    { cause },
  );
}
