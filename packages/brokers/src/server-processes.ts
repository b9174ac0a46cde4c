/**
 * The processes of the servers that the lab started on this machine, for this run or kept warm, by the marker that they
 * carry. Of containers and of attached servers none are known.
 */
import type { Brokers } from './brokers.ts';
import { markedProcesses } from './processes.ts';
import type { Session } from './session.ts';
import { readWarm } from './warm.ts';

/** @returns pids by the server's name; one server may be several processes */
export function serverProcesses(
  brokers: Pick<Brokers, 'warm'>,
  session: Pick<Session, 'id' | 'stateDir'>,
): Map<string, number[]> {
  const owner = brokers.warm ? readWarm(session.stateDir)?.session : session.id;
  const found = new Map<string, number[]>();
  for (const { pid, part, session: marked } of markedProcesses()) {
    if (part === undefined || marked !== owner) continue;
    found.set(part, [...(found.get(part) ?? []), pid]);
  }
  return found;
}
