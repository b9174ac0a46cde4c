/** A network of the session's own, on which the servers find each other by name. */
import type { Engine } from './engine.ts';
import { sessionLabel } from './leftovers.ts';

/**
 * Made by the engine's API because testcontainers' networks take no labels, and what carries no label of the
 * session would not be found after a SIGKILL.
 * @returns its name.
 */
export async function createNetwork(engine: Engine, sessionId: string): Promise<string> {
  const name = `reliability-lab-${sessionId}`;
  const { status, body } = await engine.request('POST', '/networks/create', {
    Name: name,
    Driver: 'bridge',
    Labels: { [sessionLabel]: sessionId },
  });
  if (status !== 201) {
    throw new Error(`cannot make the network ${name}: HTTP ${status} ${JSON.stringify(body)}`);
  }
  return name;
}
