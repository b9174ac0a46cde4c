/**
 * Was what was ordered also published, and nothing else, and does the producer know of each how it ended? Each ordered key
 * is published once; twice, or not at all, only where a declared fault is on the producer.
 */
import type { CellSpec } from '@lab/contract';

import { crossings, isAccepted, type Evidence, type JobEvidence } from '../evidence.ts';
import type { Breach } from '../judgement.ts';
import { endedWell, type Explanations } from './explanations.ts';
import { Page } from './page.ts';

const producer = 'producer';

export function publishBook(
  spec: CellSpec,
  evidence: Evidence,
  explanations: Explanations,
): Breach[] {
  const page = new Page('publish');
  if (evidence.ending !== 'completed') return []; // what was cut short need not have published all
  const struck = explanations.spans.some(
    ({ target }) => target === producer || target.startsWith(`${producer}>`),
  );
  if (spec.orders === undefined) {
    page.write('the plan does not say what was ordered');
    return page.breaches;
  }
  if (spec.orders.length !== spec.jobs) {
    page.write(`${spec.jobs} jobs were planned, and ${spec.orders.length} ordered`);
  }
  const ordered = new Set(spec.orders.map(({ key }) => key));
  if (ordered.size !== spec.orders.length) page.write('a key was ordered twice');
  for (const key of ordered) orderedOnce(key, evidence.jobs.get(key), struck, page);
  for (const job of evidence.jobs.values()) {
    if (ordered.has(job.key)) continue;
    const [first] = crossings(job, 'publish');
    if (first !== undefined) page.write(`${job.key} was published and not ordered`, first.seq);
  }
  if (!struck) exitedWell(evidence, page);
  return page.breaches;
}

function orderedOnce(key: string, job: JobEvidence | undefined, struck: boolean, page: Page): void {
  const published = job === undefined ? [] : crossings(job, 'publish');
  const seqs = published.map(({ seq }) => seq);
  if (published.length === 0 && !struck) page.write(`${key} was ordered and never published`);
  if (published.length > (struck ? 2 : 1)) {
    page.write(`${key} was published ${published.length} times`, ...seqs);
  }
  const outcomes = (job?.said ?? []).filter(
    ({ op, phase }) => op === 'publish' && phase !== 'invoke',
  );
  const [outcome] = outcomes;
  if (outcome === undefined) page.write(`the producer has no outcome for ${key}`, ...seqs);
  else if (outcomes.length > 1) {
    page.write(`the producer has ${outcomes.length} outcomes for ${key}`, outcome.seq);
  } else if (outcome.phase === 'ok' && (job === undefined || !isAccepted(job))) {
    page.write(`the producer calls ${key} accepted, and no confirm crossed`, outcome.seq);
  }
}

function exitedWell(evidence: Evidence, page: Page): void {
  const exit = evidence.processes.findLast(
    ({ role, phase }) => role === producer && phase === 'exited',
  );
  if (exit === undefined) page.write('the producer never ended');
  else if (!endedWell(exit)) {
    page.write(`the producer ended with ${exit.detail ?? 'no exit code'}`, exit.seq);
  }
}
