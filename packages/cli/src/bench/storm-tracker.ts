/** From the progress of a storm benchmark to what its screens show of one moment. It holds counts and writes nothing. */
import { remainingMs, type Plan, type PlannedCell, type StormProgress } from '@lab/bench';
import {
  loadMsOf,
  loadQueues,
  monotonicMs,
  windowCount,
  windowMsOf,
  type EventBody,
  type LoadSetting,
} from '@lab/contract';
import type { GroupProgress, RunningCell, StormDemoView, StormLiveView } from '@lab/report';
import { policyNamed } from '@lab/retry';
import { median } from '@lab/statistics';
import type { StormCell } from '@lab/storm';

export interface TrackerOptions {
  readonly plan: Plan;
  readonly sideBySide: number;
  /** The machine's monotonic clock, ms: that of every load's start. */
  readonly clock?: () => number;
}

export class StormTracker {
  readonly #plan: Plan;
  readonly #sideBySide: number;
  readonly #clock: () => number;
  readonly #begun: number;
  readonly #running = new Map<string, Course>();
  /** Those that were shown when they ended: the demonstration keeps them on the screen. */
  readonly #courses = new Map<string, Course>();
  readonly #started = new Set<string>();
  readonly #ended: { readonly planned: PlannedCell; readonly cell: StormCell }[] = [];
  note: string | null = 'looking for brokers';

  constructor({ plan, sideBySide, clock = monotonicMs }: TrackerOptions) {
    this.#plan = plan;
    this.#sideBySide = sideBySide;
    this.#clock = clock;
    this.#begun = clock();
  }

  see(progress: StormProgress): void {
    switch (progress.kind) {
      case 'calibrating': {
        const { topology, transport } = progress.load;
        this.note = `measuring the server's capacity: ${topology} on ${transport}, ${progress.sideBySide} side by side`;
        break;
      }
      case 'calibrated':
        this.note = null;
        break;
      case 'started': {
        const course = new Course(progress.cell, progress.setting, this.#clock);
        this.#started.add(progress.cell.id);
        this.#running.set(progress.cell.id, course);
        this.#courses.set(progress.cell.id, course);
        break;
      }
      case 'event':
        this.#running.get(progress.cell)?.see(progress.event, progress.source);
        break;
      case 'ended':
        this.#running.delete(progress.cell.id);
        this.#ended.push(progress);
        break;
    }
  }

  get done(): number {
    return this.#ended.length;
  }

  live(): StormLiveView {
    return {
      elapsedMs: this.#clock() - this.#begun,
      leftMs: this.leftMs(),
      done: this.done,
      planned: this.#plan.cells.length,
      note: this.note,
      groups: this.#groups(),
      running: [...this.#running.values()].map((course) => course.view()),
    };
  }

  demo(): StormDemoView {
    const shown = this.#plan.cells
      .filter(({ role }) => role !== 'null-trigger')
      .toSorted((a, b) => demoOrder(a) - demoOrder(b));
    const courses = shown.flatMap(({ id }) => this.#courses.get(id) ?? []);
    return {
      elapsedMs: this.#clock() - this.#begun,
      leftMs: this.leftMs(),
      note: this.note,
      subtitle: courses[0]?.subtitle() ?? null,
      policies: courses.map((course) => ({ title: course.title(), cell: course.view() })),
    };
  }

  /** Until all cells have run, ms; an estimate. */
  leftMs(): number {
    const waiting = this.#plan.cells.filter(({ id }) => !this.#started.has(id));
    const under = [...this.#running.values()].map((course) => course.leftMs());
    const mean = under.reduce((sum, ms) => sum + ms, 0) / Math.max(1, this.#sideBySide);
    if (waiting.length === 0) return Math.max(0, ...under);
    return Math.max(mean + remainingMs(waiting, this.#sideBySide), ...under);
  }

  #groups(): GroupProgress[] {
    const planned = Map.groupBy(this.#plan.cells, groupName);
    const ended = Map.groupBy(this.#ended, (end) => groupName(end.planned));
    return [...planned]
      .filter(([name]) => ended.has(name))
      .map(([name, cells]) =>
        groupOf(
          name,
          cells.length,
          (ended.get(name) ?? []).map(({ cell }) => cell),
        ),
      );
  }
}

/** The worst first: what happens to it is what the others are compared with. */
function demoOrder({ load: { policy } }: PlannedCell): number {
  return policy === 'immediate' ? 0 : policy === 'none' ? 1 : 2;
}

function groupName({ study, role, load }: PlannedCell): string {
  if (role === 'null-trigger') return 'control: no trigger';
  return study === 'policies' ? load.policy : `${study}: ${load.policy}`;
}

function groupOf(name: string, planned: number, cells: readonly StormCell[]): GroupProgress {
  const counted = cells.flatMap(({ valid, measured }) =>
    valid && measured !== null ? [measured] : [],
  );
  const stuck = counted.filter(({ verdict }) => verdict === 'stuck');
  const recoveries = counted.flatMap(({ recoveryMs }) => recoveryMs ?? []);
  return {
    name,
    planned,
    done: cells.length,
    valid: counted.length,
    stuck: stuck.length,
    draining: counted.filter(({ verdict }) => verdict === 'draining').length,
    undecided: counted.filter(({ verdict }) => verdict === 'undecided').length,
    stuckAmplification: medianOf(stuck.map(({ amplificationAfter }) => amplificationAfter)),
    recoveryMs: medianOf(recoveries),
    recovered: recoveries.length,
  };
}

function medianOf(sample: readonly number[]): number | null {
  return sample.length === 0 ? null : median(sample);
}

/** One cell while it runs, from its events. */
class Course {
  readonly #planned: PlannedCell;
  readonly #setting: LoadSetting;
  readonly #clock: () => number;
  #startedAt: number | null = null;
  #onAt: number | null = null;
  #offAt: number | null = null;
  /** How many windows the client has written. */
  #over = 0;
  readonly #offered: number[] = [];
  readonly #goodput: number[] = [];
  readonly #attempts: number[] = [];
  readonly #depth: number[] = [];

  constructor(planned: PlannedCell, setting: LoadSetting, clock: () => number) {
    this.#planned = planned;
    this.#setting = setting;
    this.#clock = clock;
  }

  see(event: EventBody, source: string): void {
    if (event.kind === 'fault' && event.phase === 'on') this.#onAt = this.#clock();
    if (event.kind === 'fault' && event.phase === 'off') this.#offAt = this.#clock();
    if (event.kind !== 'load') return;
    const { queue, window, counts, startedAt } = event;
    this.#startedAt = startedAt;
    if (source === 'client') this.#over = Math.max(this.#over, window + 1);
    if (source === 'client' || source === 'pool') {
      add(this.#offered, window, counts.offered);
      add(this.#goodput, window, counts.succeeded);
    }
    if (queue !== loadQueues.requests) return;
    add(this.#attempts, window, counts.reached);
    if (counts.depth !== undefined) this.#depth[window] = counts.depth;
  }

  title(): string {
    const policy = policyNamed(this.#setting.policy);
    const [first = '', ...rest] = policy.summary.replace(/\.$/, '');
    return `${policy.name}: ${first.toLowerCase()}${rest.join('')}`;
  }

  /** `280 jobs/s offered to a server that does 400/s`. */
  subtitle(): string {
    const { offeredPerS, capacityPerS } = this.#setting;
    return `${offeredPerS.toFixed(0)} jobs/s for a server that does ${capacityPerS.toFixed(0)}/s`;
  }

  leftMs(): number {
    const total = loadMsOf(this.#setting);
    return this.#startedAt === null ? total : Math.max(0, total - this.#elapsed());
  }

  view(): RunningCell {
    const setting = this.#setting;
    const perS = 1000 / windowMsOf(setting);
    const rate = (values: readonly number[]): number[] =>
      Array.from({ length: this.#over }, (_, window) => (values[window] ?? 0) * perS);
    return {
      name: this.#planned.id,
      ...this.#phase(),
      windows: windowCount(setting),
      offeredPerS: rate(this.#offered),
      goodputPerS: rate(this.#goodput),
      attemptsPerS: rate(this.#attempts),
      depth: this.#depths(),
      nominalPerS: setting.offeredPerS,
      attempts: setting.attempts,
      trigger: this.#trigger(),
    };
  }

  /** A reading that is missing is as it was last. */
  #depths(): number[] {
    let last = 0;
    return Array.from({ length: this.#over }, (_, window) => {
      last = this.#depth[window] ?? last;
      return last;
    });
  }

  #elapsed(): number {
    return this.#startedAt === null ? 0 : this.#clock() - this.#startedAt;
  }

  #phase(): Pick<RunningCell, 'phase' | 'leftMs'> {
    const { warmUpMs, triggerMs } = this.#setting;
    const elapsed = this.#elapsed();
    if (this.#startedAt === null) return { phase: 'starting', leftMs: null };
    if (this.#onAt !== null && this.#offAt === null) {
      return { phase: 'TRIGGER', leftMs: Math.max(0, triggerMs - (this.#clock() - this.#onAt)) };
    }
    if (this.#offAt === null && elapsed < warmUpMs) {
      return { phase: 'warming', leftMs: warmUpMs - elapsed };
    }
    const leftMs = loadMsOf(this.#setting) - elapsed;
    if (leftMs > 0) return { phase: 'watching', leftMs };
    // Nobody can say how long a watch is prolonged.
    return { phase: this.#setting.watchLimitMs === null ? 'ending' : 'watching', leftMs: null };
  }

  #trigger(): RunningCell['trigger'] {
    const start = this.#startedAt;
    if (start === null || this.#onAt === null) return null;
    const windowMs = windowMsOf(this.#setting);
    return {
      on: (this.#onAt - start) / windowMs,
      off: this.#offAt === null ? null : (this.#offAt - start) / windowMs,
    };
  }
}

function add(column: number[], window: number, count: number | undefined): void {
  if (count !== undefined) column[window] = (column[window] ?? 0) + count;
}
