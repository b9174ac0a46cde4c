/**
 * Each role is started once and ends once. A worker ends when it is told to; the producer and the reconciler when they are
 * through. Another ending by a signal needs a declared fault on that process.
 */
import type { Evidence, ProcessAt } from '../evidence.ts';
import { roleOfTarget } from '../fault-target.ts';
import type { Breach } from '../judgement.ts';
import { endedWell, type Explanations } from './explanations.ts';
import { Page } from './page.ts';

export function processBook(evidence: Evidence, { spans }: Explanations): Breach[] {
  const page = new Page('process');
  const byRole = new Map<string, ProcessAt[]>();
  for (const event of evidence.processes) {
    const lives = byRole.get(event.role);
    if (lives === undefined) byRole.set(event.role, [event]);
    else lives.push(event);
  }
  for (const link of evidence.links.keys()) {
    const role = roleOfTarget(link);
    if (!byRole.has(role)) page.write(`${role} was on the wire and was never started`);
  }
  for (const [role, events] of byRole) {
    // A process that a fault ended may be replaced by another one.
    const deaths = spans.filter(({ verb, target }) => verb === 'kill' && target === role).length;
    lifeOf(role, events, deaths, page, evidence.ending === 'completed');
  }
  if (evidence.ending === 'completed') enoughTook(byRole, page);
  eachRecoveryWasRun(evidence, page);
  return page.breaches;
}

/** With one worker alone no job can go to another one: the cell asks nothing. */
function enoughTook(byRole: ReadonlyMap<string, readonly ProcessAt[]>, page: Page): void {
  if (!byRole.has('producer')) page.write('no producer was started');
  const workers = [...byRole.keys()].filter((role) => role.startsWith('worker'));
  if (workers.length < 2) page.write(`${workers[0] ?? 'no worker'} alone was started to work`);
}

/** What the lab says of a run of recovery is what a process of its own came to, before it said so. */
function eachRecoveryWasRun({ recoveries, processes }: Evidence, page: Page): void {
  for (const { round, exitCode, seq } of recoveries) {
    const role = `reconciler-${round}`;
    const exits = processes.filter((event) => event.role === role && event.phase === 'exited');
    const [exit] = exits;
    if (exit === undefined || exit.seq > seq) {
      page.write(`run ${round} of recovery has an exit code, and ${role} had not run`, seq);
    } else if (exits.length > 1 || exit.detail !== `code ${exitCode}`) {
      page.write(
        `run ${round} of recovery has exit code ${exitCode}, and ${role} ended with ${exit.detail ?? 'no code'}`,
        exit.seq,
        seq,
      );
    }
  }
}

/** @param whole false of a cell that broke off: there the lab itself ends whoever still runs */
function lifeOf(
  role: string,
  events: readonly ProcessAt[],
  deaths: number,
  page: Page,
  whole: boolean,
): void {
  const serves = role.startsWith('worker');
  let state: 'none' | ProcessAt['phase'] = 'none';
  let [started, killed] = [0, 0];
  for (const event of events) {
    const { phase, seq, detail } = event;
    if (!(follows[phase] ?? []).includes(state)) {
      page.write(`${role} is ${phase} after ${state === 'none' ? 'nothing' : state}`, seq);
    }
    if (phase === 'spawned') started += 1;
    if (phase === 'exited') {
      if (killed < deaths && detail?.startsWith('SIG') === true) killed += 1;
      else if (whole && serves && state !== 'stopping' && detail?.startsWith('code') !== true) {
        page.write(`${role} was ended while it should serve: ${detail ?? 'no code'}`, seq);
      }
    }
    state = phase;
  }
  if (state !== 'exited') page.write(`${role} never ended`, events.at(-1)?.seq);
  if (started > 1 + deaths) page.write(`${role} was started ${started} times`);
  const ready = events.filter(({ phase }) => phase === 'ready').length;
  if (serves && ready < started) page.write(`${role} was never ready to serve`, events[0]?.seq);
}

/**
 * A worker that is told to end and leaves something undone says so by its exit code, and one may exit before. That is no lie
 * of the record: what came of the job is for the checkers and the surprises to say, and where they say nothing it is a doubt.
 * Whoever was under a fault, itself or one of its links, may have something to leave.
 */
export function doubtsAboutExits(evidence: Evidence): string[] {
  if (evidence.ending !== 'completed') return []; // there the lab itself ends whoever still runs
  const stopping = new Set<string>();
  return evidence.processes.flatMap((event) => {
    const { role, phase, detail } = event;
    if (phase === 'stopping') stopping.add(role);
    if (phase !== 'exited' || !role.startsWith('worker')) return [];
    if (evidence.faults.some(({ target }) => roleOfTarget(target) === role)) return [];
    if (!stopping.has(role)) return [`${role} ended by itself with ${detail ?? 'no code'}`];
    if (endedWell(event)) return [];
    return [`${role} was told to end and did so with ${detail ?? 'no code'}`];
  });
}

const follows: Readonly<Record<ProcessAt['phase'], readonly string[]>> = {
  spawned: ['none', 'exited'],
  ready: ['spawned'],
  stopping: ['ready', 'spawned'],
  exited: ['stopping', 'ready', 'spawned'],
};
