/**
 * All variants in turn, block after block, in an order that turns with the block, so that none always meets the machine
 * in the same state. Ratios are taken within a block; a run that did not deliver exactly is told and spoils its block.
 */
import type { QueueType, Transport } from '@lab/contract';
import { describeLaboratory, type Laboratory } from '@lab/harness';
import { median } from '@lab/statistics';

import { describeMachine } from '../storm/machine.ts';
import type { Delivery } from './delivered-exactly.ts';
import { measureVariant } from './measure-variant.ts';
import { ratios, variants, type Ratio, type Variant, type VariantName } from './variants.ts';

export interface ThroughputRequest {
  readonly transports: readonly Transport[];
  readonly times: number;
  readonly jobs: number;
  readonly warmUpJobs: number;
  /** RabbitMQ. */
  readonly prefetch: number;
  /** BullMQ. */
  readonly concurrency: number;
  readonly queueType: QueueType;
  /** Limit of each wait, ms. */
  readonly limitMs: number;
}

export interface ThroughputRun {
  readonly block: number;
  readonly transport: Transport;
  readonly variant: VariantName;
  readonly jobsPerS: number;
  readonly delivery: Delivery;
  readonly cpuUsPerJob: number | null;
  readonly historyBytes: number;
}

export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
  readonly n: number;
}

export interface ThroughputResult {
  readonly kind: 'throughput';
  readonly startedAt: string;
  readonly command: string;
  readonly machine: ReturnType<typeof describeMachine>;
  readonly laboratory: ReturnType<typeof describeLaboratory>;
  readonly request: ThroughputRequest;
  /** Constant for all: every message is persistent and confirmed before any worker starts, and acknowledged one by one. */
  readonly confirms: true;
  readonly runs: readonly ThroughputRun[];
  readonly rates: readonly (Summary & {
    readonly transport: Transport;
    readonly variant: VariantName;
    readonly title: string;
    /** Median; null where the system does not tell. */
    readonly cpuUsPerJob: number | null;
  })[];
  readonly ratios: readonly (Summary & {
    readonly transport: Transport;
    readonly name: string;
    readonly goal: number | null;
  })[];
  /** True when every job of every run was effected exactly once. */
  readonly exact: boolean;
  /** False when it was interrupted. */
  readonly complete: boolean;
}

export async function measureThroughputs(
  lab: Laboratory,
  request: ThroughputRequest,
  command: string,
  onRun: (run: ThroughputRun, done: number, planned: number) => void,
): Promise<ThroughputResult> {
  const startedAt = new Date().toISOString();
  const machine = describeMachine();
  const runs: ThroughputRun[] = [];
  const plan = planBlocks(request);
  for (const { block, transport, variant } of plan) {
    if (lab.signal.aborted) break;
    try {
      const measured = await measureVariant(lab, {
        ...request,
        transport,
        variant,
        prefetch: transport === 'rabbitmq' ? request.prefetch : request.concurrency,
      });
      const run = { block, transport, variant: variant.name, ...measured };
      runs.push(run);
      onRun(run, runs.length, plan.length);
    } catch (error) {
      if (!lab.signal.aborted) throw error; // an interrupted run is no sample
    }
  }
  return {
    kind: 'throughput',
    startedAt,
    command,
    machine,
    laboratory: describeLaboratory(lab),
    request,
    confirms: true,
    runs,
    ...summarise(request.transports, runs),
    complete: runs.length === plan.length,
  };
}

type Planned = {
  readonly block: number;
  readonly transport: Transport;
  readonly variant: Variant & { readonly name: VariantName };
};

/** Every variant once a block; the order turns by one from block to block and every other block runs it backwards. */
export function planBlocks({
  transports,
  times,
}: Pick<ThroughputRequest, 'transports' | 'times'>): Planned[] {
  return Array.from({ length: times }, (_, block) =>
    transports.flatMap((transport) => {
      const turn = block % variants.length;
      const order = [...variants.slice(turn), ...variants.slice(0, turn)];
      return (block % 2 === 0 ? order : order.toReversed()).map((variant) => ({
        block,
        transport,
        variant,
      }));
    }),
  ).flat();
}

/** Runs that did not deliver exactly count for nothing but for `exact`. */
export function summarise(
  transports: readonly Transport[],
  runs: readonly ThroughputRun[],
): Pick<ThroughputResult, 'rates' | 'ratios' | 'exact'> {
  const sound = runs.filter(({ delivery }) => delivery.exact);
  return {
    exact: runs.every(({ delivery }) => delivery.exact),
    rates: transports.flatMap((transport) =>
      variants.flatMap(({ name, title }) => {
        const mine = sound.filter((run) => run.transport === transport && run.variant === name);
        if (mine.length === 0) return [];
        const cpu = mine.flatMap(({ cpuUsPerJob }) => cpuUsPerJob ?? []);
        return [
          {
            transport,
            variant: name,
            title,
            ...summaryOf(mine.map(({ jobsPerS }) => jobsPerS)),
            cpuUsPerJob: cpu.length === 0 ? null : median(cpu),
          },
        ];
      }),
    ),
    ratios: transports.flatMap((transport) =>
      ratios.flatMap((ratio) => {
        const values = ratioWithinBlocks(
          ratio,
          sound.filter((run) => run.transport === transport),
        );
        return values.length === 0
          ? []
          : [
              {
                transport,
                name: ratio.name,
                goal: ratio.goal?.[transport] ?? null,
                ...summaryOf(values),
              },
            ];
      }),
    ),
  };
}

function ratioWithinBlocks({ of, to }: Ratio, runs: readonly ThroughputRun[]): number[] {
  return runs
    .filter(({ variant }) => variant === of)
    .flatMap(({ block, jobsPerS }) => {
      const other = runs.find((run) => run.block === block && run.variant === to);
      return other === undefined ? [] : [jobsPerS / other.jobsPerS];
    });
}

function summaryOf(values: readonly number[]): Summary {
  return {
    median: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    n: values.length,
  };
}
