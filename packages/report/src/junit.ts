/**
 * JUnit XML: one suite a failure mode, one test case an invariant of a cell. An expected violation passes
 * and says so in its output; an unexpected one fails with its witness; what is unknown is an error, never
 * `skipped`, which CI shows as fine.
 */
import { firstRunId, invariantStatements, type History, type RunHeader } from '@lab/contract';
import type { JudgedInvariant, Judgement, RunJudgement } from '@lab/invariants';

import { allVisible } from './text.ts';
import {
  booksWords,
  byTransport,
  discardedWords,
  evidenceWords,
  faultWords,
  plantedWords,
  stateOf,
  tookMs,
} from './words.ts';

interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly seconds: number;
  readonly outcome: 'pass' | 'failure' | 'error';
  readonly message: string;
  readonly detail: string;
}

export function toJUnit(run: RunHeader, judgement: RunJudgement, _history: History): string {
  const header = allVisible(run);
  const shown = allVisible(judgement);
  const cases = [
    ...byTransport(shown.cells).flatMap(([, cells]) =>
      cells.flatMap((cell) => casesOf(header.failureMode, cell)),
    ),
    gridCase(header.failureMode, shown),
    plantedCase(header.failureMode, shown),
  ];
  const failures = cases.filter(({ outcome }) => outcome === 'failure').length;
  const errors = cases.filter(({ outcome }) => outcome === 'error').length;
  const totals = attributes({
    tests: String(cases.length),
    failures: String(failures),
    errors: String(errors),
    skipped: '0',
    time: seconds(tookMs(shown.cells)),
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${totals}>`,
    `  <testsuite${attributes({ name: `${header.failureMode} ${header.title}`, timestamp: header.startedAt })}${totals}>`,
    '    <properties>',
    ...properties(header, shown).map(
      ([name, value]) => `      <property${attributes({ name, value })}/>`,
    ),
    '    </properties>',
    ...cases.flatMap(drawCase),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function properties(
  run: RunHeader,
  { verdict, discarded, gone }: RunJudgement,
): [string, string][] {
  return [
    ['verdict', verdict],
    ['run', run.id],
    ['seed', String(run.seed)],
    ['steered', String(run.steered)],
    ['runtime', run.runtime],
    ['faultsBy', run.faultsBy],
    ['commit', run.commit],
    ['command', run.command],
    ...Object.entries(run.versions).map(([name, version]): [string, string] => [
      `version.${name}`,
      version,
    ]),
    ...gone.map((server): [string, string] => ['gone', server]),
    ...discarded.map((one): [string, string] => ['discarded', discardedWords(one)]),
  ];
}

function casesOf(failureMode: string, cell: Judgement): TestCase[] {
  // Run again or not, a test has one name, so that its history can be followed.
  const className = [failureMode, ...firstRunId(cell.spec.id).split('/')].join('.');
  const cases = cell.findings.map((judged) => invariantCase(className, cell, judged));
  const accounted = cases.some(({ outcome }) => outcome !== 'pass');
  if (cell.conclusion === 'as expected' || accounted) return cases;
  // Every finding is as expected, and yet the experiment did not take place as it should.
  return [
    ...cases,
    {
      className,
      name: 'the experiment took place',
      seconds: cell.tookMs / 1000,
      outcome: cell.conclusion === 'contrary' ? 'failure' : 'error',
      message: cell.reasons[0] ?? cell.conclusion,
      detail: reasonsOf(cell).join('\n'),
    },
  ];
}

function reasonsOf(cell: Judgement): string[] {
  return [...[booksWords(cell) ?? []].flat(), ...cell.reasons];
}

function invariantCase(className: string, cell: Judgement, judged: JudgedInvariant): TestCase {
  const { invariant, expected, finding } = judged;
  const state = stateOf(judged);
  // A finding is worth no more than its cell: what holds in a run that broke off proves nothing.
  const conclusion =
    judged.conclusion === 'as expected' && cell.conclusion === 'inconclusive'
      ? 'inconclusive'
      : judged.conclusion;
  const story =
    finding.state === 'violated' ? finding.witnesses.map((witness) => witness.story) : [];
  const times = finding.state === 'violated' ? `${finding.violations}x ` : '';
  const standing = conclusion === 'as expected' ? 'as expected' : `expected: ${expected}`;
  return {
    className,
    name: `${invariant} ${invariantStatements[invariant]}`,
    seconds: cell.tookMs / 1000,
    outcome: { 'as expected': 'pass', contrary: 'failure', inconclusive: 'error' }[
      conclusion
    ] as TestCase['outcome'], // its own values
    message: `${state} ${times}${standing}`,
    detail: [
      ...cell.faults.map(faultWords),
      evidenceWords(cell).join(', '),
      ...(finding.state === 'unknown' ? [finding.reason] : []),
      ...story,
      ...(conclusion === 'as expected' ? [] : reasonsOf(cell)),
    ].join('\n'),
  };
}

/** Without its controls a run proves nothing, however green its cells. */
function gridCase(failureMode: string, judgement: RunJudgement): TestCase {
  const { missing, cells } = judgement;
  const complete = missing.length === 0 && cells.length > 0;
  const lacking = missing.map(({ transport, role }) => `${role} on ${transport}`).join(', ');
  return {
    className: failureMode,
    name: 'the grid is complete',
    seconds: 0,
    outcome: complete ? 'pass' : 'error',
    message: complete ? `${cells.length} cells` : `no ${lacking === '' ? 'cell' : lacking}`,
    detail: judgement.verdict,
  };
}

/** A judge that does not see what is broken on purpose would call anything whole. */
function plantedCase(failureMode: string, { planted }: RunJudgement): TestCase {
  const [message = '', ...more] = plantedWords(planted);
  return {
    className: failureMode,
    name: 'what was planted was found',
    seconds: 0,
    outcome: planted.missed.length === 0 ? 'pass' : 'error',
    message,
    detail: [
      ...more,
      ...planted.missed.map(
        ({ invariant, transport, cell, why }) => `${invariant} on ${transport}, in ${cell}: ${why}`,
      ),
    ].join('\n'),
  };
}

function drawCase({
  className,
  name,
  seconds: took,
  outcome,
  message,
  detail,
}: TestCase): string[] {
  const open = `    <testcase${attributes({ classname: className, name, time: took.toFixed(3) })}>`;
  const body =
    outcome === 'pass'
      ? `      <system-out>${escape(`${message}\n${detail}`)}</system-out>`
      : `      <${outcome}${attributes({ message })}>${escape(detail)}</${outcome}>`;
  return [open, body, '    </testcase>'];
}

function attributes(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escape(value)}"`)
    .join('');
}

/** With `>` escaped, no `]]>` is left either. What XML 1.0 forbids was made visible before. */
function escape(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\n', '&#10;');
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
