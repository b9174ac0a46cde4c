import { readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, it } from 'vitest';

import { composePorts, composeStack } from './compose-stack.ts';
import { imageParts, pinnedImages, workspaceRoot } from './containers/images.ts';

const compose = readFileSync(path.join(workspaceRoot(), 'docker-compose.yml'), 'utf8');

it.each(imageParts)('docker-compose.yml runs the pinned image of %s', (part) => {
  const image = `image: \${LAB_IMAGE_${part.toUpperCase()}:-${pinnedImages()[part]}}`;
  expect(compose).toContain(image);
});

it('docker-compose.yml publishes the ports that --attach dials, and all on loopback', () => {
  const published = [...compose.matchAll(/^ +- '?(\d+\.\d+\.\d+\.\d+):([\d-]+):([\d-]+)'?$/gm)].map(
    ([, address, host, container]) => `${address} ${host} ${container}`,
  );
  const { amqp, management, redis, toxiproxy, firstProxy, lastProxy } = composePorts;
  expect(published).toEqual([
    `127.0.0.1 ${amqp} 5672`,
    `127.0.0.1 ${management} 15672`,
    `127.0.0.1 ${redis} 6379`,
    `127.0.0.1 ${toxiproxy} 8474`,
    `127.0.0.1 ${firstProxy}-${lastProxy} ${firstProxy}-${lastProxy}`,
  ]);
});

it('takes the user that compose takes', () => {
  const stack = composeStack({ LAB_COMPOSE_USER: 'me', LAB_COMPOSE_PASSWORD: 'a/b' });
  expect(stack.rabbitmq).toBe('amqp://me:a%2Fb@127.0.0.1:21472');
});

it('has more proxy ports than a grid has links', () => {
  expect(composeStack({}).ports).toHaveLength(64);
});
