/**
 * The happy path of one job, told from a run's history: what crossed each wire, what the processes said of
 * themselves, and what the lab found at the end. docs/04_happy_path.md shows what this gives for a real run.
 */
import type { History, HistoryEvent, Meaning } from '@lab/contract';

type WireAt = Extract<HistoryEvent, { kind: 'wire' }>;

/** Steps of a job in the order in which a reader wants them; `renew` comes by the clock and is left out. */
const order: readonly Meaning[] = [
  'publish',
  'confirm',
  'deliver',
  'claim',
  'effect',
  'effect-applied',
  'settle',
  'settle-reply',
];

/**
 * What must have happened in this order. The confirm is not in the chain: the broker may deliver a job before
 * its producer has read the confirm.
 */
export const causes: readonly (readonly Meaning[])[] = [
  ['publish', 'confirm'],
  ['publish', 'deliver', 'effect', 'effect-applied', 'settle', 'settle-reply'],
];

/** Frames that crossed and mean something for a job, in the order of the history. */
export function framesOfJobs(history: History): WireAt[] {
  return history.filter(
    (event): event is WireAt =>
      event.kind === 'wire' && event.passage === 'crossed' && event.means !== undefined,
  );
}

/** One line for each step; which of the workers took the job is chance, so both are called `worker`. */
export function wireTrace(history: History): string {
  const frames = framesOfJobs(history)
    .filter(({ means }) => means !== 'renew')
    .toSorted((a, b) => rank(a) - rank(b));
  const rows = frames.map(({ link, direction, frame, means = '', keys = [], redelivered }) => {
    const [client = '', server = ''] = nameless(link).split('>');
    const path = direction === 'up' ? [client, server] : [server, client];
    return [
      `${path[0]?.padEnd(8)} -> ${path[1]}`,
      frame,
      `${means} ${keys.join(' ')}${redelivered === true ? ' redelivered' : ''}`,
    ];
  });
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}

/** What each program said of itself, a line a program; it proves nothing. */
export function saidTrace(history: History): string {
  const said = new Map<string, string[]>();
  for (const event of history) {
    if (event.kind !== 'job') continue;
    const words = [event.op, event.phase, event.detail].filter(Boolean).join(' ');
    const program = nameless(event.source);
    said.set(program, [...(said.get(program) ?? []), words]);
  }
  return [...said].map(([who, words]) => `${who.padEnd(8)}  ${words.join(' | ')}`).join('\n');
}

/** What the lab read at the end, over its own connections, and how the reconciler's two runs ended. */
export function endTrace(history: History): string {
  return history
    .flatMap((event) => {
      if (event.kind === 'recovery') {
        return [
          `reconciler run ${event.round}: exit code ${event.exitCode}, repairs ${event.repairs}`,
        ];
      }
      if (event.kind !== 'snapshot') return [];
      const { name, ready, unacknowledged, dead, ledger } = event.snapshot;
      const entries = ledger.map(({ kind, key }) => `${kind} of ${key}`);
      return [
        `${name}: ready ${ready}, unacknowledged ${unacknowledged}, dead ${dead.length}, ledger [${entries.join(', ')}]`,
      ];
    })
    .join('\n');
}

function rank({ means }: WireAt): number {
  return means === undefined ? order.length : order.indexOf(means);
}

function nameless(name: string): string {
  return name.replaceAll(/(worker|reconciler)-\d+/g, '$1');
}
