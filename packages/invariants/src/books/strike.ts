/**
 * Did the strike hit what it was meant to hit? The first frame that the tap held is the one that the plan names, no other
 * was held, the fault was injected where that frame stood and before it went on, and what came of it came of that job: it is
 * the job that the guard refused, and of which is violated what was expected to be.
 */
import type { CellSpec } from '@lab/contract';

import { answers, roleOf, serverOf, wentOn, type Evidence, type WireAt } from '../evidence.ts';
import { roleOfTarget, touches } from '../fault-target.ts';
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
    aimedAtTheHeld(first, evidence, page);
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
  if (spec.fault !== null) {
    const hit = strikeAt === undefined ? struck : new Set([strikeAt.key]);
    violationsOfTheStruck(findings, hit, page);
    if (strikeAt !== undefined && spec.guardMustAct) guardMet(strikeAt.key, evidence, page);
  }
  return page.breaches;
}

/** A fault elsewhere strikes somebody too, but not at the point that the cell is about; nor does one that comes later. */
function aimedAtTheHeld(held: WireAt, evidence: Evidence, page: Page): void {
  const { faults } = evidence;
  if (faults.length === 0) return; // said by who misses it
  const there = faults.filter(
    ({ target }) => touches(target, held.link) || roleOfTarget(target) === roleOf(held),
  );
  if (there.length === 0) {
    const [fault] = faults;
    page.write(`${held.frame} was held on ${held.link}, and "${fault?.label}" struck`, fault?.seq);
    return;
  }
  const on = there.find(({ phase }) => phase === 'on');
  const gone = wentOn(held, evidence);
  if (on === undefined || gone === undefined || gone.seq > on.seq) return;
  page.write(`the frame that was held went on before "${on.label}" was on`, gone.seq, on.seq);
}

function guardMet(key: string, evidence: Evidence, page: Page): void {
  const refused = [...evidence.jobs.values()].filter(
    (job) => answers(job, 'effect-refused').length > 0,
  );
  const [first] = refused;
  if (first === undefined || refused.some((job) => job.key === key)) return;
  page.write(`the guard refused ${first.key}, and ${key} was struck`);
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
      `${invariant} is violated as expected, but of ${witness?.key ?? 'nothing'}, not of what was struck`,
      ...(witness?.seqs ?? []),
    );
  }
}
