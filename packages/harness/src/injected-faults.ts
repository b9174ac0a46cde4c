/** The faults of one cell: each is recorded as it is asked for, confirmed, healed and read back, and none is forgotten. */
import { until, type EventBody, type Fault } from '@lab/contract';

const healLimitMs = 5000;

type Phase = Extract<EventBody, { kind: 'fault' }>['phase'];

export class InjectedFaults {
  readonly #faults = new Map<Fault, { id: string; healed: boolean }>();
  readonly #say: (event: EventBody) => void;

  constructor(say: (event: EventBody) => void) {
    this.#say = say;
  }

  /** Injects, reads back, records. */
  async inject(fault: Fault): Promise<void> {
    const id = `F${this.#faults.size + 1}`;
    this.#faults.set(fault, { id, healed: false });
    this.#record(id, fault, 'requested');
    this.#record(id, fault, 'on', await fault.inject());
  }

  /** Heals, reads back that it is healed, records. A fault that is healed already is left alone. */
  async heal(fault: Fault): Promise<void> {
    const state = this.#faults.get(fault);
    if (state === undefined) throw new Error(`${fault.label} was never injected`);
    if (state.healed) return;
    this.#record(state.id, fault, 'healing');
    await fault.heal();
    try {
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
    this.#say({
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
