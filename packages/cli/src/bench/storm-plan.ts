/** `--plan` and `--list-policies`: what would run, and what there is. Nothing is started. */
import { estimateMs, type RequestedPlan } from '@lab/bench';
import type { LoadSetting } from '@lab/contract';
import { stormClock, type Style } from '@lab/report';
import { policies } from '@lab/retry';

import { exitCode, type ExitCode } from '../exit-code.ts';

/** The plan as text, or as JSON: every cell in the order in which it would run. */
export function describePlan(plan: RequestedPlan, sideBySide: number, json: boolean): string {
  if (json) return `${JSON.stringify(plan, null, 2)}\n`;
  const byStudy = Map.groupBy(plan.cells, ({ study }) => study);
  const width = Math.min(sideBySide, plan.cells.length);
  const lines = [
    ...[...byStudy].map(
      ([study, cells]) =>
        `${study.padEnd(10)} ${String(cells.length).padStart(5)} cells in ${new Set(cells.map(({ block }) => block)).size} blocks`,
    ),
    ...plan.leftOut.map((line) => `left out: ${line}`),
    `${plan.cells.length} cells, ${width} side by side, ${plan.calibrations.length} to calibrate: about ${stormClock(estimateMs(plan, width))}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** At T = 500 ms, mu = 200/s, four attempts, ten callers. */
const usual = {
  timeoutMs: 500,
  serviceMs: 40,
  attempts: 4,
  clients: 10,
  capacityPerS: 200,
  offeredPerS: 140,
  queueBound: null,
  concurrency: null,
  seed: 1,
} satisfies Partial<LoadSetting>;

export function listPolicies(json: boolean, { width }: Style): ExitCode {
  const rows = policies.map((policy) => {
    const { name, title, family, summary, source, topologies } = policy;
    const facts = policy.facts(usual);
    return { name, title, family, summary, source, topologies, ...facts, rhoStar: 1 / facts.aMax };
  });
  if (json) {
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return exitCode.ok;
  }
  for (const { name, summary, source, topologies, aMax, reserve, rhoStar } of rows) {
    const bound = `A_max ${aMax.toFixed(2)}, rho* ${rhoStar.toFixed(2)}${reserve === null ? '' : `, reserve ${reserve}`}`;
    process.stdout.write(`${name}\n`);
    for (const line of [summary, `${bound}; ${topologies.join(', ')}`, `source: ${source}`]) {
      process.stdout.write(`    ${line.slice(0, Math.max(40, width - 4))}\n`);
    }
  }
  return exitCode.ok;
}
