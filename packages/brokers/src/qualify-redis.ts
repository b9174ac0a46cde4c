/** Is this Redis one the lab can work on? */
import type { Endpoint, TlsSettings } from './brokers.ts';
import { EnvironmentError } from './environment-error.ts';
import { withoutPassword } from './management.ts';
import { askRedis, infoField } from './redis-probe.ts';
import { isOlder } from './version.ts';

const oldestVersion = '6.2';

export interface QualifiedRedis {
  readonly version: string;
  readonly direct: Endpoint;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  readonly tls?: TlsSettings;
}

/** @throws EnvironmentError when nothing listens, the password is wrong, or the server is too old. */
export async function qualifyRedis(target: {
  url: URL;
  tls?: TlsSettings;
}): Promise<QualifiedRedis> {
  const { url, tls } = target;
  const where = withoutPassword(url.href);
  const redis = {
    direct: {
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port === '' ? 6379 : Number(url.port),
    },
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: Number(url.pathname.replace(/^\//, '') || '0'),
    ...(tls === undefined ? {} : { tls }),
  };
  let text: string;
  try {
    text = await askRedis(redis, (client) => client.info('server'));
  } catch (error) {
    throw refusal(error, where);
  }
  const version = infoField(text, 'redis_version');
  if (version === undefined) {
    throw new EnvironmentError({
      what: 'what answers is not a Redis',
      where,
      next: 'check LAB_REDIS_URL',
    });
  }
  if (isOlder(version, oldestVersion)) {
    throw new EnvironmentError({
      what: `Redis ${version} is too old: BullMQ needs ${oldestVersion} or newer`,
      where,
      next: 'attach to a newer one, or run with --runtime local',
    });
  }
  return { version, ...redis };
}

function refusal(error: unknown, where: string): EnvironmentError {
  const text = error instanceof Error ? error.message : String(error);
  if (/WRONGPASS|NOAUTH|invalid (username-)?password|NOPERM/i.test(text)) {
    return new EnvironmentError(
      {
        what: 'Redis refuses the user name or password',
        where,
        why: text,
        next: 'correct the credentials in LAB_REDIS_URL',
      },
      { cause: error },
    );
  }
  if (/certificate|self.signed|altname|wrong version number/i.test(text)) {
    return new EnvironmentError(
      {
        what: "Redis's certificate is not trusted",
        where,
        why: text,
        next: 'name the authority with LAB_TLS_CA=FILE and the host with LAB_TLS_SERVERNAME',
      },
      { cause: error },
    );
  }
  return new EnvironmentError(
    {
      what: 'no Redis answers',
      where,
      why: text,
      next: 'start it, or correct LAB_REDIS_URL',
    },
    { cause: error },
  );
}
