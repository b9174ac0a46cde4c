/** A live RabbitMQ as the lab uses it: vhosts of its own, and counts that are true at the moment of asking. */
import { z } from 'zod';

import type { Endpoint, QueueTotals, RabbitmqServer, TlsSettings, Vhost } from './brokers.ts';
import { vhostPrefix } from './brokers.ts';
import { EnvironmentError } from './environment-error.ts';
import type { Management } from './management.ts';
import { withoutPassword } from './management.ts';
import type { Session } from './session.ts';

export interface RabbitmqAddress {
  readonly version: string;
  readonly direct: Endpoint;
  readonly fromProxy: Endpoint;
  readonly username: string;
  readonly password: string;
  readonly tls?: TlsSettings;
  /** True for a server that the lab did not start. */
  readonly lasting: boolean;
}

/** @param management of the same broker; the caller disposes it. */
export function rabbitmqServer(
  address: RabbitmqAddress,
  management: Management,
  session: Session,
): RabbitmqServer & { removeOwnVhosts(): Promise<void> } {
  const own = new Set<string>();

  async function createVhost(name: string): Promise<Vhost> {
    const full = `${vhostPrefix}${session.id}-${slug(name)}`;
    if (own.has(full)) throw new Error(`vhost ${full} was already made by this session`);
    // Registered first: a lab killed between the two lines leaves nothing that its registry does not name.
    session.register({
      kind: 'vhost',
      managementUrl: management.url,
      name: full,
      lasting: address.lasting,
      ...(address.tls === undefined ? {} : { tls: address.tls }),
    });
    const path = `/vhosts/${encodeURIComponent(full)}`;
    const made = await management.request('PUT', path, { description: 'reliability lab' });
    if (made.status !== 201) throw refusal(management.url, `make the vhost ${full}`, made.status);
    own.add(full);
    const user = encodeURIComponent(address.username);
    const allowed = await management.request(
      'PUT',
      `/permissions/${encodeURIComponent(full)}/${user}`,
      { configure: '.*', write: '.*', read: '.*' },
    );
    if (allowed.status >= 300) {
      await remove(full);
      throw refusal(management.url, `give itself permissions on ${full}`, allowed.status);
    }
    const url = (scheme: string, host: string, port: number): string =>
      `${scheme}://${user}:${encodeURIComponent(address.password)}@${bracketed(host)}:${port}/${encodeURIComponent(full)}`;
    return {
      name: full,
      url: (host, port) => url('amqp', host, port),
      directUrl: url(
        address.tls === undefined ? 'amqp' : 'amqps',
        address.direct.host,
        address.direct.port,
      ),
      queueTotals: (queue) => queueTotals(management, full, queue),
      remove: () => remove(full),
    };
  }

  async function remove(full: string): Promise<void> {
    if (!own.has(full)) return;
    const reply = await management.request('DELETE', `/vhosts/${encodeURIComponent(full)}`);
    if (reply.status !== 204 && reply.status !== 404) {
      throw refusal(management.url, `remove the vhost ${full}`, reply.status);
    }
    own.delete(full);
  }

  return {
    version: address.version,
    direct: address.direct,
    fromProxy: address.fromProxy,
    ...(address.tls === undefined ? {} : { tls: address.tls }),
    managementUrl: management.url,
    createVhost,
    async removeOwnVhosts() {
      for (const full of own) await remove(full);
    },
    async listOwnVhosts() {
      const reply = await management.request('GET', '/vhosts?columns=name');
      return vhostListSchema
        .parse(reply.body)
        .map(({ name }) => name)
        .filter((name) => own.has(name));
    },
  };
}

const vhostListSchema = z.array(z.object({ name: z.string() }));
const totalsSchema = z.array(
  z.object({
    name: z.string(),
    messages_ready: z.number().int().nonnegative(),
    messages_unacknowledged: z.number().int().nonnegative(),
  }),
);

/**
 * With statistics disabled for the request, RabbitMQ asks the queues themselves; an ordinary reply carries the last
 * sample, up to `collect_statistics_interval` old. Before 4.0 only the list of queues knows the option.
 */
async function queueTotals(
  management: Management,
  vhost: string,
  queue: string,
): Promise<QueueTotals> {
  const reply = await management.request(
    'GET',
    `/queues/${encodeURIComponent(vhost)}?disable_stats=true&enable_queue_totals=true`,
  );
  if (reply.status !== 200) {
    throw new Error(`cannot count queue ${queue} in ${vhost}: HTTP ${reply.status}`);
  }
  const totals = totalsSchema.parse(reply.body).find(({ name }) => name === queue);
  if (totals === undefined) throw new Error(`there is no queue ${queue} in ${vhost}`);
  return { ready: totals.messages_ready, unacknowledged: totals.messages_unacknowledged };
}

function refusal(managementUrl: string, attempt: string, status: number): EnvironmentError {
  const where = withoutPassword(managementUrl);
  if (status === 204) {
    return new EnvironmentError({
      what: `RabbitMQ has a vhost of that name already, and the lab does not touch what it did not make`,
      where,
      why: `tried to ${attempt}`,
      next: 'run again',
    });
  }
  return new EnvironmentError({
    what: `the user may not ${attempt}`,
    where,
    why: `the management API answered HTTP ${status}`,
    next: 'rabbitmqctl set_user_tags USER administrator',
  });
}

function slug(name: string): string {
  return name.replace(/[^A-Za-z0-9._-]+/g, '-');
}

function bracketed(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}
