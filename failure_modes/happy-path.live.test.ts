/**
 * docs/04_happy_path.md, kept true: one job goes through the guarded system with no fault, then the reconciler runs
 * twice; what was seen must be what the page shows. To mend the page, put in what the failing test received.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { History, Transport } from '@lab/contract';
import { openLaboratory, planGrid, run, type CellPlan, type Laboratory } from '@lab/harness';
import type { Judgement } from '@lab/invariants';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import mode from './FM_001_duplicate_delivery/scenario.ts';
import { causes, endTrace, framesOfJobs, saidTrace, wireTrace } from './happy-path.ts';

const page = readFileSync(join(import.meta.dirname, '..', 'docs', '04_happy_path.md'), 'utf8');
const runsDir = mkdtempSync(join(tmpdir(), 'reliability-lab-happy-path-'));
let lab: Laboratory;

beforeAll(async () => {
  const toxiproxy = inject('toxiproxyUrl');
  lab = await openLaboratory({
    runtime: 'attached',
    attach: {
      rabbitmq: inject('rabbitmqUrl'),
      management: inject('managementUrl'),
      redis: inject('redisUrl'),
      ...(toxiproxy === '' ? {} : { toxiproxy }), // some machines cannot have one
    },
  });
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(runsDir, { recursive: true, force: true });
});

describe.each<Transport>(['rabbitmq', 'bullmq'])('one job on %s', (transport) => {
  let history: History;
  let judged: readonly Judgement[];
  beforeAll(async () => {
    const { judgement, ...result } = await run(lab, {
      mode,
      transports: [transport],
      plans: [oneGuardedJob(transport)],
      seed: 1,
      runsDir,
      command: 'vitest',
    });
    judged = judgement.cells;
    history = result.history;
  });

  test('holds every invariant', () => {
    expect(judged).toMatchObject([{ conclusion: 'as expected', reasons: [] }]);
  });

  test('crosses the wires as the page shows', () => {
    expect(wireTrace(history)).toBe(blockOf(`${transport} wire`));
  });

  test('crosses them in the order in which one step causes the next', () => {
    const frames = framesOfJobs(history);
    for (const chain of causes) {
      const seqs = chain.flatMap(
        (step) => frames.find(({ means }) => means === step)?.seq ?? [], // BullMQ alone answers a settle
      );
      expect(seqs.length).toBeGreaterThan(1);
      expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    }
  });

  test('is spoken of by the processes as the page shows', () => {
    expect(saidTrace(history)).toBe(blockOf(`${transport} said`));
  });

  test('leaves the state that the page shows, and the reconciler nothing to do', () => {
    expect(endTrace(history)).toBe(blockOf(`${transport} end`));
  });
});

/** The cell that ends with the reconciler, with its fault withheld and the guard put in. */
function oneGuardedJob(transport: Transport): CellPlan {
  const plan = planGrid(mode, transport, 1).find(({ spec }) => spec.role === 'recover');
  const experiment = mode.experiments[transport];
  if (plan === undefined || experiment?.kind !== 'strike')
    throw new Error(`${mode.id} lacks ${transport}`);
  const holds = { INV_001: 'holds', INV_006: 'holds', INV_011: 'holds', INV_012: 'holds' } as const;
  const { guard } = experiment;
  return {
    ...plan,
    worker: { ...plan.worker, GUARD: guard },
    spec: { ...plan.spec, guard, fault: null, faultPoint: null, jobs: 1, expected: holds },
  };
}

/** The fenced text between `<!-- name -->` and `<!-- /name -->`. */
function blockOf(name: string): string {
  const [, text] =
    new RegExp(`<!-- ${name} -->\\s*\`\`\`text\\n([\\s\\S]*?)\\n\`\`\`\\s*<!-- /${name} -->`).exec(
      page,
    ) ?? [];
  if (text === undefined) throw new Error(`docs/04_happy_path.md has no block "${name}"`);
  return text;
}
