/** Containers and networks of a session, found by the label that every one of them carries. */
import { z } from 'zod';

import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';

export const sessionLabel = 'reliability-lab.session';

const containersSchema = z.array(z.object({ Id: z.string(), Names: z.array(z.string()) }));
const networksSchema = z.array(z.object({ Id: z.string(), Name: z.string() }));

/**
 * Removes them, running or not, with their volumes.
 * @returns their names.
 * @throws when no engine answers: what is there cannot be seen.
 */
export async function removeLabelled(sessionId: string): Promise<string[]> {
  const engine = await findEngine();
  if (engine === null) throw new Error('no container engine answers');
  const filters = encodeURIComponent(JSON.stringify({ label: [`${sessionLabel}=${sessionId}`] }));
  const containers = containersSchema.parse(
    (await engine.request('GET', `/containers/json?all=1&filters=${filters}`)).body,
  );
  await Promise.all(containers.map(({ Id }) => remove(engine, `/containers/${Id}?force=1&v=1`)));
  const networks = networksSchema.parse(
    (await engine.request('GET', `/networks?filters=${filters}`)).body,
  );
  await Promise.all(networks.map(({ Id }) => remove(engine, `/networks/${Id}`)));
  return [
    ...containers.map(({ Id, Names }) => Names[0]?.replace(/^\//, '') ?? Id),
    ...networks.map(({ Name }) => Name),
  ];
}

async function remove(engine: Engine, path: string): Promise<void> {
  const { status } = await engine.request('DELETE', path);
  const gone = status === 404 || status === 409; // gone, or being removed by another sweep
  if (status >= 300 && !gone) throw new Error(`DELETE ${path}: HTTP ${status}`);
}
