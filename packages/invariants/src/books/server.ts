/** Whether every server and carrier that the cell stands on still answered when it was over. */
import type { Evidence } from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import { Page } from './page.ts';

export function serverBook(evidence: Evidence): Breach[] {
  const page = new Page('server');
  for (const { server, phase, detail, seq } of evidence.servers) {
    if (phase === 'gone')
      page.write(`${server} is gone${detail === undefined ? '' : `: ${detail}`}`, seq);
  }
  // A cell that never ended, or was broken off, was not there to ask.
  const asks = evidence.ending !== null && !evidence.ending.startsWith('aborted');
  if (evidence.servers.length === 0 && asks) {
    page.write('nobody asked whether the servers still answer');
  }
  return page.breaches;
}

/** @returns servers and carriers that no longer answered, each once. */
export function goneServers(evidence: Evidence): string[] {
  return [
    ...new Set(
      evidence.servers.filter(({ phase }) => phase === 'gone').map(({ server }) => server),
    ),
  ];
}
