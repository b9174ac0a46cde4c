/** A load for tests: 8 slots of 40 ms, at seven tenths of what they can do, and nothing wrong. */
import { plainLoad, type LoadSetting } from '@lab/contract';

export function settingOf(over: Partial<LoadSetting> = {}): LoadSetting {
  return {
    topology: 'rpc',
    transport: 'rabbitmq',
    policy: 'none',
    seed: 1,
    slots: 8,
    serviceMs: 40,
    capacityPerS: 200,
    offeredPerS: 140,
    timeoutMs: 500,
    attempts: 4,
    clients: 10,
    warmUpMs: 1000,
    trigger: 'none',
    triggerMs: 0,
    observeMs: 1000,
    ...plainLoad,
    ...over,
  };
}
