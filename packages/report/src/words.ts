/**
 * The words for what was found, shared by all renderers so that they cannot disagree. A violation that was
 * expected is a success of the experiment and must read like one.
 */
import type { InvariantId, RoleInGrid } from '@lab/contract';
import type {
  DiscardedRun,
  FaultRecord,
  JudgedInvariant,
  Judgement,
  RunJudgement,
} from '@lab/invariants';
import type { LoadOutcome } from '@lab/storm';

import { count, duration, listed } from './text.ts';

export type State = 'holds' | 'violated' | 'restored' | 'unknown';

/** What a cell was found to be, in its own words: a reproduction, a prevention … */
export function outcomeWord({ spec, conclusion }: Pick<Judgement, 'spec' | 'conclusion'>): string {
  if (conclusion === 'inconclusive') return 'INCONCLUSIVE';
  const words = outcomeWords[spec.role];
  return conclusion === 'as expected' ? words.asExpected : words.contrary;
}

const outcomeWords: Record<RoleInGrid, { readonly asExpected: string; readonly contrary: string }> =
  {
    control: { asExpected: 'SOUND', contrary: 'UNSOUND' },
    reproduce: { asExpected: 'REPRODUCED', contrary: 'NOT REPRODUCED' },
    placebo: { asExpected: 'PLACEBO FAILS', contrary: 'CONTRARY' },
    prevent: { asExpected: 'PREVENTED', contrary: 'NOT PREVENTED' },
    'guard control': { asExpected: 'SOUND', contrary: 'UNSOUND' },
    recover: { asExpected: 'RECOVERED', contrary: 'NOT RECOVERED' },
    mutant: { asExpected: 'CAUGHT', contrary: 'NOT CAUGHT' },
  };

/** What one judged invariant came to. */
export function stateOf({ expected, finding, before }: JudgedInvariant): State {
  if (expected !== 'restored') return finding.state;
  if (before?.state === 'violated' && finding.state === 'holds') return 'restored';
  if (before?.state === 'unknown') return 'unknown';
  return finding.state;
}

/** One group of a cell's findings: same state, same standing against what was expected. */
export interface FoundGroup {
  readonly state: State;
  readonly conclusion: JudgedInvariant['conclusion'];
  readonly invariants: readonly InvariantId[];
  /** `expected`, or what was expected instead. */
  readonly standing: string;
}

/** Findings grouped, what people look for first: contrary, unknown, violated, restored, holds. */
export function foundGroups(findings: readonly JudgedInvariant[]): FoundGroup[] {
  const groups = new Map<string, { first: JudgedInvariant; invariants: InvariantId[] }>();
  for (const judged of findings) {
    const name = `${judged.conclusion} ${stateOf(judged)} ${judged.expected}`;
    const group = groups.get(name) ?? { first: judged, invariants: [] };
    group.invariants.push(judged.invariant);
    groups.set(name, group);
  }
  return [...groups.values()]
    .map(({ first, invariants }) => ({
      state: stateOf(first),
      conclusion: first.conclusion,
      invariants: invariants.toSorted(),
      standing:
        first.conclusion === 'as expected' ? 'as expected' : `expected: ${wanted[first.expected]}`,
    }))
    .toSorted((a, b) => rank(a) - rank(b));
}

const wanted = { holds: 'holds', violated: 'violated', restored: 'restored' } as const;

function rank({ conclusion, state }: FoundGroup): number {
  const byConclusion = { contrary: 0, inconclusive: 10, 'as expected': 20 }[conclusion];
  return byConclusion + ['violated', 'restored', 'unknown', 'holds'].indexOf(state);
}

/** `INV_001`, `INV_005 006 012`. */
export function invariantList(ids: readonly InvariantId[]): string {
  const [first, ...others] = ids;
  return [first, ...others.map((id) => id.slice('INV_'.length))].join(' ');
}

/** The invariants of a group; a cell that came to one thing only names a number, not every invariant. */
export function namesOf({ invariants }: FoundGroup, judged: number): string {
  return judged > 1 && invariants.length === judged ? `all ${judged}` : invariantList(invariants);
}

/** What was done where: `cut worker-1>rabbitmq (1 frame held, 1 lost)`. */
export function faultWords({
  label,
  framesHeld,
  framesLost,
  onMs,
  healed,
  metTraffic,
}: FaultRecord): string {
  if (onMs === null) return `${label} (never came on)`;
  const met = [
    ...(framesHeld > 0 ? [`${count(framesHeld, 'frame')} held`] : []),
    ...(framesLost > 0 ? [`${framesHeld > 0 ? framesLost : count(framesLost, 'frame')} lost`] : []),
    ...(metTraffic ? [] : ['met no traffic']),
    ...(healed ? [] : ['not healed']),
  ];
  return met.length === 0 ? label : `${label} (${met.join(', ')})`;
}

/** The counts behind a cell's findings, those that are zero and ordinary left out. */
export function evidenceWords(cell: Judgement): string[] {
  return cell.spec.load === undefined ? jobWords(cell) : loadWords(cell);
}

/** How many jobs, what share of them was answered and at what price, before the trigger and at the end. */
function loadWords({ load, guard, recovery, spec }: Judgement): string[] {
  const jobs = count(spec.jobs, 'job');
  if (load === null) return [jobs, 'no load to be read'];
  const { outcome } = load;
  return [
    jobs,
    `goodput ${outcome.goodputBefore.toFixed(2)}, then ${outcome.goodputAfter.toFixed(2)}`,
    `${outcome.amplificationAfter.toFixed(2)} attempts a job`,
    ...(recovery === null ? [backWords(outcome)] : shedWords(recovery)),
    ...some(guard.mustAct ? guard.refused : 0, (n) => `${n} refused by the guard`),
  ];
}

function backWords({ verdict, recoveryMs, backMs, watchedMs }: LoadOutcome): string {
  if (recoveryMs !== null) return `back after ${duration(recoveryMs)}`;
  if (backMs !== null) {
    return `draining, back ${duration(backMs.low)} to ${duration(backMs.high)} after the trigger`;
  }
  return `${verdict}, watched ${duration(watchedMs)}`;
}

function shedWords({ rounds }: NonNullable<Judgement['recovery']>): string[] {
  return rounds.map(({ round, repairs }) => `run ${round}: ${count(repairs, 'message')} shed`);
}

function jobWords(cell: Judgement): string[] {
  const { traffic, accounting, guard, recovery } = cell;
  const effects =
    accounting.kind === 'known'
      ? [
          ...some(accounting.duplicated.count, (n) => `${n} duplicated`),
          ...some(accounting.lost.count, (n) => `${n} lost`),
          ...some(accounting.unexpected.count, (n) => `${n} unexpected`),
          ...some(accounting.deadLettered.count, (n) => `${n} dead-lettered`),
        ]
      : ['not drained'];
  return [
    count(traffic.accepted, 'job'),
    ...(recovery === null ? effects : []),
    ...some(guard.refused, (n) => `${n} refused by the guard`),
    ...some(traffic.redeliveries, (n) => `${n} redelivered`),
    ...(recovery === null ? [] : recoveryWords(recovery)),
  ];
}

function recoveryWords({
  rounds,
  before,
  after,
  second,
}: NonNullable<Judgement['recovery']>): string[] {
  const runs = rounds.map(({ round, repairs }) => `run ${round}: ${count(repairs, 'repair')}`);
  const broken = before === null ? 0 : before.duplicatedKeys.length + before.missingKeys.length;
  const left = after === null ? null : after.duplicatedKeys.length + after.missingKeys.length;
  const unchanged =
    after !== null &&
    second !== null &&
    after.effects === second.effects &&
    after.compensations === second.compensations;
  return [
    `${count(broken, 'job')} broken before, ${left ?? '?'} after`,
    ...runs,
    ...(unchanged ? ['nothing changed the second time'] : []),
  ];
}

/** Why the guard holds or fails; a reason for what did not come would mislead. */
export function becauseWords({ spec, conclusion }: Judgement): string | null {
  return spec.because === undefined || conclusion !== 'as expected'
    ? null
    : `because ${spec.because}`;
}

/** What the guard costs when nothing fails: its commands to the store beside those of the control. Times are for `fm bench`. */
export function costWords(cell: Judgement, cells: readonly Judgement[]): string | null {
  const control = cells.find(
    ({ spec }) => spec.role === 'control' && spec.transport === cell.spec.transport,
  );
  if (cell.spec.role !== 'guard control' || control === undefined) return null;
  const [withGuard, without] = [perDelivery(cell), perDelivery(control)];
  if (withGuard === null || without === null) return null;
  return `cost: ${withGuard} store commands a job, ${without} without the guard`;
}

function perDelivery({ traffic }: Judgement): string | null {
  return traffic.deliveries === 0 ? null : (traffic.storeCommands / traffic.deliveries).toFixed(2);
}

/** What the books of a cell mean for it, where they are in the way; the reasons say what they found. */
export function booksWords({ conclusion, breaches, disturbed }: Judgement): string | null {
  if (conclusion !== 'inconclusive') return null;
  if (disturbed)
    return 'the machine was in the way, with a recorded cause: this may be played again';
  const [first] = breaches.filter(({ book }) => !speakLast.has(book));
  if (first === undefined) return null;
  const [seq] = first.seqs;
  const where = seq === undefined ? '' : ` (look at event ${seq} first)`;
  return `its books do not add up: nothing that it shows can be relied on${where}`;
}

/** Books that contradict an expectation, or excuse it, rather than the record. */
const speakLast: ReadonlySet<string> = new Set(['machine', 'surprise', 'recovery']);

/** What it means that servers or carriers went away; null when all still answered. */
export function goneWords(gone: readonly string[]): string | null {
  if (gone.length === 0) return null;
  const [they, them] = gone.length === 1 ? ['is', 'it'] : ['are', 'them'];
  return `${listed(gone)} ${they} gone: a cell that ended without ${them} says nothing; start ${them} and run again.`;
}

/** Whether the judge saw what was broken on purpose, and what was not broken because nothing rests on it. */
export function plantedWords({
  planted,
  found,
  missed,
  nowhere,
}: RunJudgement['planted']): string[] {
  const line =
    planted === 0
      ? 'planted 0: no cell was to keep an invariant and kept it.'
      : `planted ${planted}, found ${found}: ${
          missed.length === 0
            ? 'all that held was broken once on purpose, and seen.'
            : 'what the judge did not see broken, it cannot call whole.'
        }`;
  const none = Map.groupBy(nowhere, ({ transport }) => transportName(transport));
  return [
    line,
    ...[...none].map(
      ([transport, all]) =>
        `not planted on ${transport}: ${invariantList(all.map(({ invariant }) => invariant))}, which no cell was to keep and kept.`,
    ),
  ];
}

/** One sentence on what the whole run showed. */
export function verdictSentence({ verdict, cells, worst, missing }: RunJudgement): string {
  const good = cells.filter(({ conclusion }) => conclusion === 'as expected').length;
  if (verdict !== 'proven') {
    const open = cells.length - good;
    if (cells.length === 0) return 'No cell was run.';
    if (worst === 'as expected') {
      const lacking =
        missing.length > 0
          ? 'without the rest of the grid that'
          : 'with a judge that does not see what is broken that';
      return `${count(good, 'cell')} ran, as expected; ${lacking} proves nothing.`;
    }
    return `${open} of ${count(cells.length, 'cell')} not as expected.`;
  }
  const transports = [...new Set(cells.map(({ spec }) => transportName(spec.transport)))];
  const guards = [
    ...new Set(cells.flatMap(({ spec }) => (spec.role === 'prevent' ? [spec.guard] : []))),
  ];
  const placebos = cells.filter(({ spec }) => spec.role === 'placebo').length;
  return (
    `Reproduced on ${listed(transports)}; ${count(placebos, 'placebo')} ${placebos === 1 ? 'fails' : 'fail'}; ` +
    `${listed(guards)} ${guards.length === 1 ? 'prevents' : 'prevent'} it; recovery restores it, and a second run changes nothing.`
  );
}

/** That a run counts for nothing, and why. */
export function discardedWords({ cell, reasons }: DiscardedRun): string {
  return `${cell} was disturbed and run again: ${reasons.join('; ')}`;
}

export function transportName(transport: string): string {
  return { rabbitmq: 'RabbitMQ', bullmq: 'BullMQ' }[transport] ?? transport;
}

const gridOrder: readonly RoleInGrid[] = [
  'control',
  'reproduce',
  'placebo',
  'prevent',
  'guard control',
  'recover',
  'mutant',
];

/** Cells by transport, in the order of the grid whatever the order in which they ran. */
export function byTransport(
  cells: readonly Judgement[],
): [transport: string, cells: Judgement[]][] {
  const groups = Map.groupBy(cells, ({ spec }) => spec.transport);
  return [...groups]
    .toSorted(([a], [b]) => Number(a !== 'rabbitmq') - Number(b !== 'rabbitmq'))
    .map(([transport, members]) => [
      transport,
      members.toSorted((a, b) => orderOf(a) - orderOf(b)),
    ]);
}

function orderOf({ spec }: Judgement): number {
  return gridOrder.indexOf(spec.role);
}

/** Wall time of the cells, side by side or not. */
export function tookMs(cells: readonly Judgement[]): number {
  let end = 0;
  for (const cell of cells) end = Math.max(end, cell.startedMs + cell.tookMs);
  return end;
}

export function tookWords(cells: readonly Judgement[]): string {
  return duration(tookMs(cells));
}

/** The first few, and how many more there are: a broken record has more to say than anybody reads. */
export function firstReasons(reasons: readonly string[], most = 6): string[] {
  const hidden = reasons.length - most;
  // One more takes as much room as saying so.
  if (hidden <= 1) return [...reasons];
  return [...reasons.slice(0, most), `and ${hidden} more, in result.json`];
}

function some(n: number, words: (n: number) => string): string[] {
  return n > 0 ? [words(n)] : [];
}
