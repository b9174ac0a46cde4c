import type { CellSpec, Finding, Meaning, Transport } from '@lab/contract';
import { describe, expect, test } from 'vitest';

import { mergeCells, type CellScript } from './history-script.ts';
import { splitCells } from './index.ts';
import { acceptedWorkIsEffected } from './inv-006-accepted-work-is-effected.ts';
import { cellOf, observed, struck } from './scripted-cells.ts';

/** Frames by which a worker lets go of a job, with what the tap says of each. */
const frames = {
  'basic.reject, again': { means: 'requeue', frame: 'basic.reject' },
  'basic.reject, for good': { means: 'reject', frame: 'basic.reject' },
  'basic.nack, again': { means: 'requeue', frame: 'basic.nack' },
  'basic.nack, for good': { means: 'reject', frame: 'basic.nack' },
  retryJob: { means: 'requeue', frame: 'EVALSHA retryJob' },
  moveToDelayed: { means: 'requeue', frame: 'EVALSHA moveToDelayed' },
  moveJobFromActiveToWait: { means: 'requeue', frame: 'EVALSHA moveJobFromActiveToWait' },
  failed: { means: 'reject', frame: 'EVALSHA moveToFinished', detail: 'failed: no such account' },
  stalled: {
    means: 'reject',
    frame: 'EVALSHA moveToFinished',
    detail: 'failed: job stalled more than allowable limit',
  },
  started: {
    means: 'reject',
    frame: 'EVALSHA moveToFinished',
    detail: 'failed: job started more than allowable limit',
  },
} satisfies Record<string, { means: Meaning; frame: string; detail?: string }>;
type Frame = keyof typeof frames;

interface Given {
  readonly passage?: 'crossed' | 'lost';
  /** What BullMQ answers to it. */
  readonly answer?: string;
  readonly role?: string;
}

function letGo(cell: CellScript, name: Frame, given: Given = {}): CellScript {
  const { passage = 'crossed', answer, role = 'worker-1' } = given;
  const { frame, ...rest } = frames[name];
  const amqp = frame.startsWith('basic.');
  const common = {
    kind: 'wire',
    link: `${role}>${amqp ? 'rabbitmq' : 'redis'}`,
    connection: 1,
    protocol: amqp ? 'amqp' : 'redis',
  } as const;
  const keys = [struck];
  cell.record('tap', { ...common, ...rest, direction: 'up', frame, passage, keys });
  if (answer === undefined) return cell;
  return cell.record('tap', {
    ...common,
    direction: 'down',
    frame: `reply ${frame}`,
    passage: 'crossed',
    keys,
    detail: answer,
  });
}

interface Story {
  readonly transport?: Transport;
  readonly spec?: Partial<CellSpec>;
}

/** Among ordinary jobs one that is accepted, lives as told, and lies dead at the end. */
function judge(live: (cell: CellScript) => void, { transport, spec }: Story = {}): Finding {
  const script = cellOf(transport === undefined ? {} : { transport }, (cell, key) => {
    live(cell.publish(key).deliver('worker-1', key));
    return cell;
  });
  const [cell] = splitCells(mergeCells([observed(script)]));
  const snapshot = cell?.events.findLast((event) => event.kind === 'snapshot')?.snapshot;
  if (cell === undefined || snapshot === undefined) throw new Error('no cell with a snapshot');
  const changed = { ...cell, spec: { ...cell.spec, attempts: 2, ...spec } };
  return acceptedWorkIsEffected.check(changed, { ...snapshot, dead: [struck] });
}

const ending = (finding: Finding): string | undefined =>
  finding.state === 'violated' ? finding.witnesses[0]?.story.split(', ').at(-2) : finding.state;

describe('INV_006, of a dead letter', () => {
  test.each<readonly [Transport, readonly Frame[]]>([
    ['rabbitmq', ['basic.reject, again', 'basic.reject, for good']],
    ['rabbitmq', ['basic.nack, for good', 'basic.nack, for good']],
    ['bullmq', ['retryJob', 'failed']],
    ['bullmq', ['moveToDelayed', 'failed']],
  ])(
    'takes it for the end of a job whose handler failed twice of two: %s, %j',
    (transport, all) => {
      const finding = judge((cell) => all.forEach((name) => letGo(cell, name)), { transport });
      expect(finding).toMatchObject({ state: 'holds', exercised: 6 });
    },
  );

  test.each<readonly [string, Transport, readonly Frame[]]>([
    ['a worker crashed once', 'rabbitmq', ['basic.reject, for good']],
    ['it was given back, not failed', 'rabbitmq', ['basic.nack, again', 'basic.reject, for good']],
    ['it was given back, not failed', 'bullmq', ['moveJobFromActiveToWait', 'failed']],
    ['it stalled too often', 'bullmq', ['retryJob', 'stalled']],
    ['it was started too often', 'bullmq', ['retryJob', 'started']],
  ])('takes it for a loss where %s (%s, %j)', (_, transport, all) => {
    const finding = judge((cell) => all.forEach((name) => letGo(cell, name)), { transport });
    expect(finding).toMatchObject({ violations: 1, witnesses: [{ key: struck }] });
    expect(ending(finding)).toBe('dead-lettered after 1 failure of its handler');
  });

  test('does not count what a worker gives up because it was told to end', () => {
    const finding = judge((cell) => {
      letGo(cell, 'basic.reject, again');
      cell.record('lab', { kind: 'process', role: 'worker-1', phase: 'stopping', pid: 4000 });
      letGo(cell, 'basic.reject, for good');
    });
    expect(ending(finding)).toBe('dead-lettered after 1 failure of its handler');
  });

  test('counts what another worker gives up meanwhile, and what a new one does under the same name', () => {
    const finding = judge((cell) => {
      cell.record('lab', { kind: 'process', role: 'worker-1', phase: 'stopping', pid: 4000 });
      letGo(cell, 'basic.reject, again', { role: 'worker-2' });
      cell.record('lab', { kind: 'process', role: 'worker-1', phase: 'exited', pid: 4000 });
      cell.record('lab', { kind: 'process', role: 'worker-1', phase: 'spawned', pid: 4009 });
      letGo(cell, 'basic.reject, for good');
    });
    expect(finding.state).toBe('holds');
  });

  test('does not count what never crossed, nor what the server refused', () => {
    for (const given of [{ passage: 'lost' }, { answer: '-2 missing lock' }] as const) {
      const finding = judge((cell) => letGo(letGo(cell, 'retryJob', given), 'failed'), {
        transport: 'bullmq',
      });
      expect(ending(finding)).toBe('dead-lettered after 1 failure of its handler');
    }
    const granted = judge((cell) => letGo(letGo(cell, 'retryJob', { answer: '0' }), 'failed'), {
      transport: 'bullmq',
    });
    expect(granted.state).toBe('holds');
  });

  test('asks for no failure of a job that is declared poison', () => {
    expect(judge(() => {}, { spec: { poison: [struck] } }).state).toBe('holds');
    expect(judge(() => {}, { spec: { poison: ['job-0001'] } }).state).toBe('violated');
  });

  test('is unknown where the cell does not say how often a handler may fail', () => {
    expect(
      judge((cell) => letGo(cell, 'basic.reject, for good'), {
        spec: { attempts: undefined } as unknown as Partial<CellSpec>, // as a history without it is read
      }),
    ).toMatchObject({ state: 'unknown', reason: expect.stringContaining(struck) });
  });
});
