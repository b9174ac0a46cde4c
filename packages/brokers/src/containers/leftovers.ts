/** Containers and networks of a session, found by the label that every one of them carries. */
import { z } from 'zod';

import { until } from '../condition.ts';
import { findEngine } from './engine.ts';

export const sessionLabel = 'reliability-lab.session';

const containersSchema = z.array(z.object({ Id: z.string(), Names: z.array(z.string()) }));
const networksSchema = z.array(z.object({ Id: z.string(), Name: z.string() }));

const clearedLimitMs = 180_000;

/**
 * Removes them, running or not, with their volumes, and looks until they are gone.
 * @returns their names.
 * @throws when no engine answers: what is there cannot be seen.
 */
export async function removeLabelled(sessionId: string): Promise<string[]> {
  const engine = await findEngine();
  if (engine === null) throw new Error('no container engine answers');
  const filters = encodeURIComponent(JSON.stringify({ label: [`${sessionLabel}=${sessionId}`] }));
  const names = new Set<string>();
  await until(
    { condition: 'the containers and networks of the session are gone', limitMs: clearedLimitMs },
    async () => {
      const containers = containersSchema.parse(
        (await engine.request('GET', `/containers/json?all=1&filters=${filters}`)).body,
      );
      for (const { Id, Names } of containers) names.add(Names[0]?.replace(/^\//, '') ?? Id);
      await Promise.all(
        containers.map(({ Id }) => engine.request('DELETE', `/containers/${Id}?force=1&v=1`)),
      );
      const networks = networksSchema.parse(
        (await engine.request('GET', `/networks?filters=${filters}`)).body,
      );
      for (const { Name } of networks) names.add(Name);
      // Refused while a container on it is still on its way out; the next look sees.
      await Promise.all(networks.map(({ Id }) => engine.request('DELETE', `/networks/${Id}`)));
      return containers.length + networks.length === 0 ? true : undefined;
    },
  );
  return [...names];
}
