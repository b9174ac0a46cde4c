/** The stack of docker-compose.yml, as `--attach` alone finds it. The numbers are those of that file. */
import type { Endpoint, ProxyPort } from './brokers.ts';

export interface ComposeStack {
  readonly rabbitmq: string;
  readonly management: string;
  readonly redis: string;
  readonly toxiproxy: string;
  /** The brokers as Toxiproxy, on the same network, knows them. */
  readonly fromProxy: { readonly rabbitmq: Endpoint; readonly redis: Endpoint };
  /** Published by the Toxiproxy container under the same numbers. */
  readonly ports: readonly ProxyPort[];
}

export const composePorts = {
  amqp: 21_472,
  management: 21_473,
  redis: 21_479,
  toxiproxy: 21_474,
  firstProxy: 21_500,
  lastProxy: 21_563,
} as const;

/** @param env LAB_COMPOSE_USER and LAB_COMPOSE_PASSWORD as compose itself reads them. */
export function composeStack(env: NodeJS.ProcessEnv = process.env): ComposeStack {
  const user = encodeURIComponent(env['LAB_COMPOSE_USER'] ?? 'lab');
  const password = encodeURIComponent(env['LAB_COMPOSE_PASSWORD'] ?? 'lab');
  const { amqp, management, redis, toxiproxy, firstProxy, lastProxy } = composePorts;
  return {
    rabbitmq: `amqp://${user}:${password}@127.0.0.1:${amqp}`,
    management: `http://${user}:${password}@127.0.0.1:${management}`,
    redis: `redis://127.0.0.1:${redis}`,
    toxiproxy: `http://127.0.0.1:${toxiproxy}`,
    fromProxy: {
      rabbitmq: { host: 'rabbitmq', port: 5672 },
      redis: { host: 'redis', port: 6379 },
    },
    ports: Array.from({ length: lastProxy - firstProxy + 1 }, (_, index) => ({
      container: firstProxy + index,
      host: firstProxy + index,
    })),
  };
}
