/**
 * Did the strike hit what it was meant to hit? The first frame that the tap held is the one that the plan names, no other
 * was held, the fault was injected, and what is violated as expected is violated of a job that was struck.
 */
import type { CellSpec } from '@lab/contract';

import { serverOf, type Evidence, type WireAt } from '../evidence.ts';
import type { Breach, JudgedInvariant } from '../judgement.ts';
import { Page } from './page.ts';

export function strikeBook(
  spec: CellSpec,
  evidence: Evidence,
  struck: ReadonlySet<string>,
  findings: readonly JudgedInvariant[],
): Breach[] {
  const page = new Page('strike');
  const [first, ...others] = evidence.held;
  const { strikeAt } = spec;
  if (strikeAt === undefined) {
    if (first !== undefined)
      page.write(`${first.frame} was held in a cell that holds none`, first.seq);
  } else if (first === undefined) {
    page.write(`no frame was held at the fault point: ${spec.faultPoint ?? 'none'}`);
  } else {
    const wrong = misses(strikeAt, first);
    if (wrong !== null) page.write(`the frame that was held ${wrong}`, first.seq);
    for (const { frame, link, seq } of others)
      page.write(`${frame} on ${link} was held as well`, seq);
  }
  if (spec.fault !== null && evidence.faults.length === 0) {
    page.write(`the fault "${spec.fault}" was never injected`);
  }
  if (spec.fault === null) {
    for (const { label, phase, seq } of evidence.faults) {
      if (phase === 'requested' || phase === 'on') {
        page.write(`"${label}" was injected in a cell that has no fault`, seq);
        break;
      }
    }
  }
  if (spec.fault !== null) violationsOfTheStruck(findings, struck, page);
  return page.breaches;
}

function misses(planned: NonNullable<CellSpec['strikeAt']>, held: WireAt): string | null {
  const { server, direction, frame, means, key } = planned;
  if (serverOf(held) !== server) return `was on its way to ${serverOf(held)}, not ${server}`;
  if (held.direction !== direction) return `went ${held.direction}, not ${direction}`;
  if (frame !== undefined && held.frame !== frame) return `is ${held.frame}, not ${frame}`;
  if (means !== undefined && held.means !== means) {
    return `means ${held.means ?? 'nothing'}, not ${means}`;
  }
  if (held.keys?.includes(key) !== true) {
    return `is about ${held.keys?.join() ?? 'no job'}, not ${key}`;
  }
  return null;
}

function violationsOfTheStruck(
  findings: readonly JudgedInvariant[],
  struck: ReadonlySet<string>,
  page: Page,
): void {
  for (const { invariant, expected, finding, before } of findings) {
    const found = expected === 'restored' ? before : finding;
    if (expected === 'holds' || found?.state !== 'violated') continue;
    if (found.witnesses.some(({ key }) => struck.has(key))) continue;
    const [witness] = found.witnesses;
    page.write(
      `${invariant} is violated as expected, but of ${witness?.key ?? 'nothing'}, which was not struck`,
      ...(witness?.seqs ?? []),
    );
  }
}
