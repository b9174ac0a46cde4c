/**
 * Round trips of the lab's own around a fault on a link, behind the tap: what shows that the fault is carried out, and that
 * it is gone, without taking its carrier's word. They only record; what they mean is the judge's to say. A fault on a
 * process or on a broker has none.
 */
import { until, type EventBody, type Fault, type FaultVerb } from '@lab/contract';

type Probe = Extract<EventBody, { kind: 'probe' }>;

/** How one round trip ended. */
export type RoundTrip = Pick<Probe, 'outcome' | 'tookMs'>;

export interface ProbedLink {
  readonly id: string;
  /** Dials the link's proxy, asks, closes; resolves within the limit however it went. */
  roundTrip(limitMs: number): Promise<RoundTrip>;
}

export interface FaultProbes {
  /** Where the fault only slows: how long the round trip takes without it. */
  before(): Promise<void>;
  /** Begins the round trip under the fault, and does not keep the strike waiting for it. */
  on(): void;
  /** Resolves once that one is over; the fault is not healed before. */
  ended(): Promise<void>;
  /** Tries until it is answered, or until the limit. */
  healed(): Promise<void>;
}

interface ProbesOptions {
  readonly id: string;
  readonly fault: Fault;
  readonly say: (event: EventBody) => void;
  readonly link: (target: string) => ProbedLink | undefined;
}

/** Silence for so long shows that nothing comes through; a strike that heals sooner waits for it. */
const onLimitMs = 300;
/** A healthy link answers within a few ms; on a busy machine within hundreds. */
const healthyLimitMs = 2000;

/** Under these a link still answers, so that only a measure of the same link without them shows anything. */
const slowing: ReadonlySet<FaultVerb> = new Set<FaultVerb>(['latency', 'throttle']);

export function probesOf({ id, fault, say, link: linkOf }: ProbesOptions): FaultProbes {
  const link = linkOf(fault.target);
  if (link === undefined) return none;
  const slows = slowing.has(fault.verb);
  const tell = async (
    during: Probe['during'],
    limitMs: number,
    trip = link.roundTrip(limitMs),
  ): Promise<void> => {
    try {
      const { outcome, tookMs } = await trip;
      const tookUs = Math.round(tookMs * 1000);
      const { id: of } = link;
      say({ kind: 'probe', fault: id, link: of, during, outcome, tookMs: tookUs / 1000, limitMs });
    } catch {
      // what could not be asked is not recorded: the judge misses it, and the strike goes on
    }
  };
  let running: Promise<void> = Promise.resolve();
  return {
    before: () => (slows ? tell('before', healthyLimitMs) : Promise.resolve()),
    on() {
      running = tell('on', slows ? healthyLimitMs : onLimitMs);
    },
    ended: () => running,
    healed: () => tell('healed', healthyLimitMs, answerOf(link)),
  };
}

/** @returns the first round trip that was answered; at the limit the last one that was not */
async function answerOf(link: ProbedLink): Promise<RoundTrip> {
  const deadline = performance.now() + healthyLimitMs;
  return until(
    `${link.id} answers`,
    async () => {
      const leftMs = deadline - performance.now();
      const trip = await link.roundTrip(Math.max(1, leftMs));
      const over = trip.outcome === 'answered' || performance.now() >= deadline;
      return over ? { met: trip } : { missing: trip.outcome };
    },
    { limitMs: 2 * healthyLimitMs },
  );
}

const none: FaultProbes = {
  before: () => Promise.resolve(),
  on: () => undefined,
  ended: () => Promise.resolve(),
  healed: () => Promise.resolve(),
};
