/**
 * A fault is judged by its consequence, not by its carrier's word. While a link fault is on, a round trip of the lab's own
 * through the link's proxy must fare as the fault says, and what the programs sent through it too (kept-back.ts); once it is
 * healed a round trip must be answered. A process that was killed is gone; one that was paused says nothing.
 */
import type { FaultVerb } from '@lab/contract';

import type { Evidence, ProbeAt } from '../evidence.ts';
import { faultsById, type FaultPhases } from '../fault-records.ts';
import type { Breach, FaultRecord } from '../judgement.ts';
import { nothingActed, nothingCrossed } from './kept-back.ts';
import { Page } from './page.ts';

export function carrierBook(evidence: Evidence, records: readonly FaultRecord[]): Breach[] {
  const page = new Page('carrier');
  const recorded = new Map(records.map((record) => [record.id, record]));
  for (const fault of faultsById(evidence)) {
    const { first, on, last } = fault;
    const record = recorded.get(first.id);
    if (on === undefined) {
      page.write(`"${first.label}" was requested but never came on`, first.seq);
      continue;
    }
    if (record?.metTraffic !== true) page.write(`"${first.label}" met no traffic`, on.seq);
    if (record?.healed !== true) page.write(`"${first.label}" was not healed`, last.seq);
    const consequence = byVerb.get(first.verb);
    if (consequence === undefined) page.write(`nobody knows how "${first.label}" shows`, on.seq);
    else consequence(fault, evidence, page);
  }
  return page.breaches;
}

type Outcome = ProbeAt['outcome'];
type Consequence = (fault: FaultPhases, evidence: Evidence, page: Page) => void;

/** Those of a broker show in the server's own state, which their verbs read back. */
const readBack: Consequence = () => undefined;

const consequences: Readonly<Record<FaultVerb, Consequence>> = {
  cut: both(probed('refused', 'ended'), nothingCrossed),
  reset: probed('ended', 'refused'),
  hold: both(probed('silent'), nothingActed),
  blackhole: both(probed('silent'), nothingActed),
  latency: slowed,
  throttle: probed('answered'),
  kill: killed,
  pause: paused,
  restart: readBack,
  'memory-alarm': readBack,
  spike: readBack, // of a load
};

const byVerb: ReadonlyMap<string, Consequence> = new Map(Object.entries(consequences));

function probed(...expected: readonly Outcome[]): Consequence {
  return (fault, evidence, page) => {
    const on = probesOf(fault, evidence, 'on');
    if (on.length === 0)
      page.write(`nobody tried "${fault.first.label}" while it was on`, fault.on?.seq);
    for (const { outcome, seq, link } of on) {
      if (expected.includes(outcome)) continue;
      page.write(
        `"${fault.first.label}" was on, and a round trip through ${link} was ${outcome}`,
        fault.on?.seq,
        seq,
      );
    }
    healed(fault, evidence, page);
  };
}

function both(one: Consequence, other: Consequence): Consequence {
  return (fault, evidence, page) => {
    one(fault, evidence, page);
    other(fault, evidence, page);
  };
}

function slowed(fault: FaultPhases, evidence: Evidence, page: Page): void {
  probed('answered')(fault, evidence, page);
  const [before] = probesOf(fault, evidence, 'before');
  const addedMs = Number(/latency (\d+) ms/.exec(fault.first.label)?.[1] ?? 0);
  if (before === undefined) {
    page.write(`nobody measured the link before "${fault.first.label}"`, fault.on?.seq);
    return;
  }
  for (const { tookMs, outcome, seq } of probesOf(fault, evidence, 'on')) {
    // What the round trip took before belongs to the machine, and may be less now: it is not asked for again.
    if (outcome !== 'answered' || tookMs >= addedMs) continue;
    page.write(
      `"${fault.first.label}" was on, and a round trip took ${tookMs} ms, ${before.tookMs} ms before it`,
      before.seq,
      seq,
    );
  }
}

function healed(fault: FaultPhases, evidence: Evidence, page: Page): void {
  const { off, first } = fault;
  if (off === undefined) return; // said already
  const probes = probesOf(fault, evidence, 'healed');
  if (probes.length === 0) page.write(`nobody tried whether "${first.label}" was healed`, off.seq);
  for (const { outcome, link, seq } of probes) {
    if (outcome === 'answered') continue;
    page.write(
      `"${first.label}" was called healed, and a round trip through ${link} was ${outcome}`,
      off.seq,
      seq,
    );
  }
}

function probesOf(fault: FaultPhases, evidence: Evidence, during: ProbeAt['during']): ProbeAt[] {
  return evidence.probes.filter(
    (probe) => probe.fault === fault.first.id && probe.during === during,
  );
}

function killed({ first }: FaultPhases, evidence: Evidence, page: Page): void {
  const exit = evidence.processes.find(
    ({ role, phase, seq }) => role === first.target && phase === 'exited' && seq > first.seq,
  );
  if (exit === undefined)
    page.write(`"${first.label}" was on, and ${first.target} lived`, first.seq);
  else if (exit.detail?.startsWith('SIG') !== true) {
    page.write(`"${first.label}" was on, and ${first.target} ended by itself`, first.seq, exit.seq);
  }
}

/** A stopped process cannot stamp a line. What it had sent before may still reach the tap. */
function paused(fault: FaultPhases, evidence: Evidence, page: Page): void {
  const { on, first, healing } = fault;
  if (on?.applied?.includes('state T') !== true) {
    page.write(`"${first.label}" was on, and the process was not read back as stopped`, on?.seq);
  }
  const [from, until] = [on?.t ?? 0, healing?.t ?? Infinity];
  for (const { said } of evidence.jobs.values()) {
    const spoke = said.find(({ source, t }) => source === first.target && t > from && t < until);
    if (spoke === undefined) continue;
    page.write(`"${first.label}" was on, and ${first.target} spoke`, on?.seq, spoke.seq);
    return;
  }
}
