/** The faults of one cell: each is recorded as it is asked for, confirmed, healed and read back, and none is forgotten. */
import { until, type EventBody, type Fault } from '@lab/contract';

import { probesOf, type FaultProbes, type ProbedLink } from './fault-probes.ts';

const healLimitMs = 5000;

type Phase = Extract<EventBody, { kind: 'fault' }>['phase'];

interface InjectedFault {
  readonly id: string;
  readonly probes: FaultProbes;
  healed: boolean;
}

export interface InjectedFaultsOptions {
  readonly say: (event: EventBody) => void;
  /** @returns the link of that id; undefined for every other target of a fault */
  readonly link: (target: string) => ProbedLink | undefined;
}

export class InjectedFaults {
  readonly #faults = new Map<Fault, InjectedFault>();
  readonly #options: InjectedFaultsOptions;

  constructor(options: InjectedFaultsOptions) {
    this.#options = options;
  }

  /** Injects, reads back, records. */
  async inject(fault: Fault): Promise<void> {
    const id = `F${this.#faults.size + 1}`;
    const probes = probesOf({ id, fault, ...this.#options });
    this.#faults.set(fault, { id, probes, healed: false });
    await probes.before();
    this.#record(id, fault, 'requested');
    this.#record(id, fault, 'on', await fault.inject());
    probes.on();
  }

  /** Heals, reads back that it is healed, records. A fault that is healed already is left alone. */
  async heal(fault: Fault): Promise<void> {
    const state = this.#faults.get(fault);
    if (state === undefined) throw new Error(`${fault.label} was never injected`);
    if (state.healed) return;
    await state.probes.ended();
    this.#record(state.id, fault, 'healing');
    try {
      await fault.heal();
      await until(
        `${fault.label} is healed`,
        async () => ((await fault.isHealed()) ? { met: true } : { missing: 'still there' }),
        { limitMs: healLimitMs, everyMs: 5 },
      );
    } catch (error) {
      this.#record(state.id, fault, 'not-healed');
      throw error;
    }
    state.healed = true;
    this.#record(state.id, fault, 'off');
    await state.probes.healed();
  }

  /** Heals one after another; the first that cannot be healed ends it. */
  async healAll(): Promise<void> {
    for (const fault of this.#faults.keys()) await this.heal(fault);
  }

  /** Tries to heal every one, whatever becomes of the others. */
  healWhatCanBe(): Promise<PromiseSettledResult<void>[]> {
    return Promise.allSettled([...this.#faults.keys()].map((fault) => this.heal(fault)));
  }

  #record(id: string, { verb, target, label }: Fault, phase: Phase, applied?: string): void {
    this.#options.say({
      kind: 'fault',
      id,
      verb,
      target,
      label,
      phase,
      ...(applied === undefined ? {} : { applied }),
    });
  }
}
