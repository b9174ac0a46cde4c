/**
 * Whether the history of a load is whole, before anything is read from it: every line that was written is there,
 * once and in its place, everybody who counts has a line for each window, and every program was told to play this load.
 */
import {
  hopQueue,
  hostInLoad,
  loadQueues,
  windowCount,
  type HistoryEvent,
  type LoadSetting,
} from '@lab/contract';

/** What is wrong with a history, a sentence each; nothing where it is whole. */
export interface LinesFound {
  /** Lines that are lost, there twice, or out of their place. */
  readonly astray: readonly string[];
  /** Programs that did not say that they play this load. */
  readonly strangers: readonly string[];
}

/**
 * @param events of one load
 * @param planned what its programs were to be told
 * @param watched the same load as it was watched
 */
export function checkLines(
  events: readonly HistoryEvent[],
  planned: LoadSetting,
  watched: LoadSetting,
): LinesFound {
  const roles = rolesOf(planned);
  return {
    astray: [
      ...outOfPlace(events),
      ...uncounted(events, roles),
      ...withoutWindows(events, watched),
    ],
    strangers: strangersOf(events, planned, roles),
  };
}

/** Programs without which there is no such load. */
function rolesOf({ topology, hops }: LoadSetting): string[] {
  const relays = Array.from({ length: hops - 1 }, (_, index) => `hop-${index + 1}`);
  return ['client', ...(hasPool(topology) ? ['pool'] : []), ...relays, 'server'];
}

function hasPool(topology: LoadSetting['topology']): boolean {
  return topology !== 'rpc' && topology !== 'layers';
}

/** A merged history is in the order of its one clock, and numbered. */
function outOfPlace(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event, index) => {
    const before = events[index - 1];
    if (before === undefined || (event.seq > before.seq && event.t >= before.t)) return [];
    return [`event ${event.seq} comes after event ${before.seq}`];
  });
}

/** When all have written, the lab says of each source how many lines it wrote, of itself last. */
function uncounted(events: readonly HistoryEvent[], roles: readonly string[]): string[] {
  const bySource = Map.groupBy(events, ({ source }) => source);
  const sources = new Set([...roles, 'lab', ...bySource.keys()]);
  const records = events.filter((event) => event.kind === 'record');
  return [...sources].flatMap((source): string[] => {
    const said = records.filter(({ of }) => of === source);
    const [record] = said;
    if (record === undefined) return [`nothing says how many lines ${source} wrote`];
    const lines = bySource.get(source) ?? [];
    const there = source === 'lab' ? lines.length - said.length : lines.length;
    if (said.length === 1 && there === record.lines) return [];
    return [`${source} wrote ${record.lines} lines, ${there} are there`];
  });
}

/** Each of those who count, at the queue whose counts are read. */
function withoutWindows(events: readonly HistoryEvent[], setting: LoadSetting): string[] {
  const windows = windowCount(setting);
  return countersOf(setting).flatMap(({ source, queue, what }) => {
    const seen = new Map<number, number>();
    for (const event of events) {
      if (event.kind !== 'load' || event.source !== source || event.queue !== queue) continue;
      if (source === 'lab' && event.counts[what] === undefined) continue; // recovery says what it took out in lines of its own
      seen.set(event.window, (seen.get(event.window) ?? 0) + 1);
    }
    const wrong = Array.from({ length: windows }, (_, window) => window).filter(
      (window) => seen.get(window) !== 1,
    );
    if (wrong.length === 0) return [];
    const [first] = wrong;
    const times = seen.get(first ?? 0) ?? 0;
    const others = wrong.length === 1 ? '' : ` (and ${wrong.length - 1} more)`;
    return [
      `${source} has ${times === 0 ? 'no line' : `${times} lines`} on ${queue} for window ${first}${others}`,
    ];
  });
}

interface Counter {
  readonly source: string;
  readonly queue: string;
  /** Which of its lines: the lab writes several. */
  readonly what: 'depth' | 'jobsDepth' | 'cpu' | 'offered';
}

function countersOf({ topology, hops }: LoadSetting): Counter[] {
  const pooled = hasPool(topology);
  const offeredAt = pooled ? loadQueues.jobs : hopQueue(1, hops);
  const counter = (source: string, queue: string, what: Counter['what'] = 'offered'): Counter => ({
    source,
    queue,
    what,
  });
  return [
    counter('client', offeredAt),
    counter('server', loadQueues.requests),
    ...(pooled ? [counter('pool', loadQueues.requests)] : []),
    counter('lab', loadQueues.requests, 'depth'),
    ...(pooled ? [counter('lab', loadQueues.jobs, 'jobsDepth')] : []),
    counter('lab', hostInLoad, 'cpu'),
  ];
}

function strangersOf(
  events: readonly HistoryEvent[],
  planned: LoadSetting,
  roles: readonly string[],
): string[] {
  const told = events.filter((event) => event.kind === 'told');
  const silent = roles.filter((role) => !told.some(({ source }) => source === role));
  return [
    ...silent.map((role) => `${role} does not say what it was told`),
    ...told.flatMap(({ source, load }): string[] => {
      const other = differing(load, planned);
      return other === null ? [] : [`${source} was told ${other}`];
    }),
  ];
}

/** The first part of a setting that is another one, as it was told; null where they are the same. */
function differing(told: LoadSetting, planned: LoadSetting): string | null {
  const wanted = new Map(Object.entries(planned));
  for (const [name, value] of Object.entries(told)) {
    const text = JSON.stringify(value);
    const meant = JSON.stringify(wanted.get(name));
    if (text !== meant) return `${name} ${text}, not ${meant}`;
  }
  return null;
}
