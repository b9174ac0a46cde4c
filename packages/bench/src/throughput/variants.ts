/** What is measured side by side, each variant adding one thing to another, and the ratios that say what the thing costs. */
import type { Transport } from '@lab/contract';

export interface Variant {
  readonly name: string;
  readonly title: string;
  readonly program: 'bare' | 'worker';
  readonly guard: 'none' | 'atomic-claim';
  /** The worker writes its events to a file. */
  readonly history: boolean;
  /** What its connections lead through. */
  readonly path: 'direct' | 'proxy' | 'tap and proxy';
}

export const variants = [
  {
    name: 'bare',
    title: 'bare library loop',
    program: 'bare',
    guard: 'atomic-claim',
    history: false,
    path: 'direct',
  },
  {
    name: 'unguarded',
    title: 'worker, no guard',
    program: 'worker',
    guard: 'none',
    history: false,
    path: 'direct',
  },
  {
    name: 'guarded',
    title: 'worker, atomic claim',
    program: 'worker',
    guard: 'atomic-claim',
    history: false,
    path: 'direct',
  },
  {
    name: 'history',
    title: 'the same, history on',
    program: 'worker',
    guard: 'atomic-claim',
    history: true,
    path: 'direct',
  },
  {
    name: 'proxy',
    title: 'the same, through Toxiproxy',
    program: 'worker',
    guard: 'atomic-claim',
    history: true,
    path: 'proxy',
  },
  {
    name: 'tap',
    title: 'the same, tap and Toxiproxy',
    program: 'worker',
    guard: 'atomic-claim',
    history: true,
    path: 'tap and proxy',
  },
] as const satisfies readonly Variant[];
export type VariantName = (typeof variants)[number]['name'];

export interface Ratio {
  readonly name: string;
  readonly of: VariantName;
  readonly to: VariantName;
  /** What it should reach, by transport; null: it is only told. */
  readonly goal: Readonly<Record<Transport, number>> | null;
}

/** Each is taken within one block of runs and only then summed up. */
export const ratios: readonly Ratio[] = [
  {
    name: 'guarded / unguarded',
    of: 'guarded',
    to: 'unguarded',
    goal: { rabbitmq: 0.92, bullmq: 0.92 },
  },
  { name: 'worker / bare loop', of: 'guarded', to: 'bare', goal: { rabbitmq: 0.9, bullmq: 0.9 } },
  {
    name: 'history on / off',
    of: 'history',
    to: 'guarded',
    goal: { rabbitmq: 0.95, bullmq: 0.95 },
  },
  { name: 'Toxiproxy / direct', of: 'proxy', to: 'history', goal: null },
  { name: 'tap and Toxiproxy / direct', of: 'tap', to: 'history', goal: null },
];
