import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { applicationsOf, linkNeededPlugins } from './plugins.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'plugins-'));
});
afterEach(() => rmSync(home, { recursive: true }));

function plugin(entry: string, applications: string): void {
  const folder = path.join(home, 'plugins', entry, 'ebin');
  mkdirSync(folder, { recursive: true });
  const name = entry.replace(/-.*/, '');
  writeFileSync(
    path.join(folder, `${name}.app`),
    `{application,${name},[{applications,[${applications}]}]}.`,
  );
}

const program = (): string => path.join(home, 'sbin', 'rabbitmq-server');

it('reads the applications that a description lists, on one line or on many', () => {
  const description =
    "{application, x, [\n {applications, [kernel,\n  'stdlib', % why\n  rabbit]},\n {optional_applications,[gun]}]}.";
  expect(applicationsOf(description)).toEqual(['kernel', 'stdlib', 'rabbit', 'gun']);
});

it('links what the management plugin needs, and what that needs, and nothing else', () => {
  plugin('rabbit-4.0.5', 'kernel,rabbit_common');
  plugin('rabbit_common-4.0.5', 'kernel');
  plugin('rabbitmq_prelaunch-4.0.5', 'kernel');
  plugin('rabbitmq_management-4.0.5', 'rabbit,cowboy');
  plugin('cowboy-2.12.0', 'ranch');
  plugin('ranch-2.1.0', 'kernel');
  plugin('rabbitmq_mqtt-4.0.5', 'rabbit');
  const linked = linkNeededPlugins(program(), path.join(home, 'linked'));
  expect(readdirSync(linked ?? '').toSorted((a, b) => a.localeCompare(b))).toEqual([
    'cowboy-2.12.0',
    'rabbit_common-4.0.5',
    'rabbit-4.0.5',
    'rabbitmq_management-4.0.5',
    'rabbitmq_prelaunch-4.0.5',
    'ranch-2.1.0',
  ]);
});

it('leaves the choice to RabbitMQ where plugins are packed archives', () => {
  mkdirSync(path.join(home, 'plugins'));
  for (const name of ['rabbit', 'rabbitmq_prelaunch', 'rabbitmq_management']) {
    writeFileSync(path.join(home, 'plugins', `${name}-3.9.0.ez`), '');
  }
  expect(linkNeededPlugins(program(), path.join(home, 'linked'))).toBeNull();
});

it('leaves the choice to RabbitMQ where its plugins are not found', () => {
  expect(linkNeededPlugins(program(), path.join(home, 'linked'))).toBeNull();
});
