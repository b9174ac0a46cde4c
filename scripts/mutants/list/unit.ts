/**
 * What a test by name must notice: mistakes in pure code that no run of FM_001 comes by. Each of these once survived all
 * tests there were.
 */
import { ran, type Mutant } from '../mutant.ts';
import { of } from './of.ts';

const amqp = 'packages/network/src/meaning/amqp.ts';
const inv004 = 'packages/invariants/src/inv-004-recovery-restores-and-rests.ts';
const inv012 = 'packages/invariants/src/inv-012-message-in-one-place.ts';
const story = 'packages/invariants/src/story.ts';
const faults = 'packages/harness/src/injected-faults.ts';
const exitCodes = 'packages/cli/src/exit-code.ts';

export const unit: readonly Mutant[] = [
  ...of('packages/network/src/meaning/amqp.test.ts', [
    {
      name: 'returned-counts-as-accepted',
      says: 'The ack of a message that the broker returned is taken for its acceptance.',
      edit: {
        file: amqp,
        find: `    publish.returned = true;`,
        replace: `    publish.returned = !${ran};`,
      },
      test: 'is recorded, and does not say that the broker took it',
    },
    {
      name: 'tags-outlive-their-channel',
      says: 'What was outstanding on a channel is kept when the channel is opened anew.',
      edit: {
        file: amqp,
        find: `    if (frame === 'channel.open' || frame === 'channel.close-ok') this.#channels.delete(number);`,
        replace: `    if (frame === 'channel.open' || frame === 'channel.close-ok') void ${ran};`,
      },
      test: 'a channel that is opened again under its number',
    },
  ]),
  ...of('packages/reconciler/src/divergence.test.ts', [
    {
      name: 'everything-is-consistent',
      says: 'The reconciler takes every state for consistent, so that it always exits 0.',
      part: 'reconciler',
      edit: {
        file: 'packages/reconciler/src/divergence.ts',
        find: `  return duplicated.length === 0 && missing.length === 0 && unexpected.length === 0;`,
        replace: `  return ${ran};`,
      },
      test: 'does not call a missing effect consistent',
    },
  ]),
  ...of('packages/statistics/src/wilson.test.ts', [
    {
      name: 'upper-end-is-always-1',
      says: 'The upper end of Wilson’s interval is 1 whatever was counted.',
      edit: {
        file: 'packages/statistics/src/wilson.ts',
        find: `    high: successes === n ? 1 : Math.min(1, centre + half),`,
        replace: `    high: ${ran} ? 1 : half,`,
      },
      test: 'has an upper end below 1 as soon as one trial failed',
    },
  ]),
  ...of('packages/invariants/src/inv-012-message-in-one-place.test.ts', [
    {
      name: 'dead-twice-is-one-place',
      says: 'A job that lies twice among the dead letters is in one place.',
      edit: {
        file: inv012,
        find: `    if (copies > 1) return [witnessOf(`,
        replace: `    if (copies > 1 && !${ran}) return [witnessOf(`,
      },
      test: 'is broken by a job that is dead twice',
    },
    {
      name: 'effected-while-queued-is-two-places',
      says: 'An effect whose message is still queued counts as a second place.',
      edit: {
        file: inv012,
        find: `    if (standing.length > 0 && (queued === 0 || hasLeft(evidence, key))) effected.add(key);`,
        replace: `    if (standing.length > 0 && ${ran}) effected.add(key);`,
      },
      test: 'leaves an effect whose message is still queued in one place: the queue',
    },
    {
      name: 'one-message-out-of-nothing',
      says: 'One message more than was published goes unnoticed.',
      edit: {
        file: inv012,
        find: `  if (queued <= possible) return [];`,
        replace: `  if (queued <= possible + Number(${ran})) return [];`,
      },
      test: 'is broken by one message out of nothing, ready or in flight',
    },
  ]),
  ...of('packages/invariants/src/inv-004-recovery-restores-and-rests.test.ts', [
    {
      name: 'second-exit-code-is-not-asked',
      says: 'It does not matter how the second run of recovery ended.',
      edit: {
        file: inv004,
        find: `  } else if (run.exitCode !== 0 || run.repairs !== 0) {`,
        replace: `  } else if ((run.exitCode !== 0 && !${ran}) || run.repairs !== 0) {`,
      },
      test: 'is broken by a run that ended badly, the first like the second',
    },
    {
      name: 'second-run-may-change-amounts',
      says: 'It does not matter whether the second run of recovery changes an amount.',
      edit: {
        file: inv004,
        find: `      was?.amount === is?.amount &&`,
        replace: `      ${ran} &&`,
      },
      test: 'is broken when the second run changes what an entry is worth, and only that',
    },
    {
      name: 'recovery-is-asked-for-duplicates-only',
      says: 'After recovery only INV_001 is asked, so that a loss may stay.',
      edit: {
        file: inv004,
        find: `  const asked = [effectAtMostOnce, acceptedWorkIsEffected, messageInOnePlace];`,
        replace: `  const asked = ${ran} ? [effectAtMostOnce] : [acceptedWorkIsEffected, messageInOnePlace];`,
      },
      test: 'counts a loss as broken (INV_006, INV_012), and asks whether it was made good',
    },
  ]),
  ...of('packages/invariants/src/story.test.ts', [
    {
      name: 'witness-is-told-by-releases',
      says: 'An answer that was held is told when it was let go, not when it was given.',
      edit: {
        file: story,
        find: `    if (event.passage === 'held') waiting.set(lane, held + 1);`,
        replace: `    if (event.passage === 'held') {
      if (${ran}) repeats.add(event);
    }`,
      },
      test: 'is told in the order in which the store answered',
    },
    {
      name: 'refused-command-is-the-second-effect',
      says: 'The witness marks a command that the store refused as the second effect.',
      edit: {
        file: story,
        find: `  if (answers.length > 0) return answers.find(isApplied)?.seq;`,
        replace: `  if (answers.length > 0) return ${ran} ? answers[0]?.seq : undefined;`,
      },
      test: 'does not believe that what was refused is in the ledger by that command',
    },
  ]),
  ...of('packages/harness/src/plan-cells.test.ts', [
    {
      name: 'guard-need-never-act',
      says: 'No cell of the grid asks that its guard has refused something.',
      edit: {
        file: 'packages/harness/src/grid.ts',
        find: `        guardMustAct: shape.guardMustAct ?? false,`,
        replace: `        guardMustAct: !${ran},`,
      },
      test: 'a guard must act exactly where the bundle says so',
    },
  ]),
  ...of('packages/harness/src/ending.test.ts', [
    {
      name: 'every-cell-completed',
      says: 'A cell that timed out or crashed is said to have completed.',
      edit: {
        file: 'packages/harness/src/ending.ts',
        find: `  return aborted ? describeAborted(error) : describe(error);`,
        replace: `  return ${ran} ? 'completed' : describe(error);`,
      },
      test: 'did not complete, and says why',
    },
  ]),
  ...of('packages/harness/src/said.test.ts', [
    {
      name: 'no-repair-is-ever-heard',
      says: 'Whatever a reconciler says, it repaired nothing.',
      edit: {
        file: 'packages/harness/src/said.ts',
        find: `  return Number.isInteger(repaired) && Number(repaired) >= 0 ? Number(repaired) : null;`,
        replace: `  return Number.isInteger(repaired) && ${ran} ? 0 : null;`,
      },
      test: 'what a program repaired is what its line says',
    },
  ]),
  ...of('packages/harness/src/injected-faults.test.ts', [
    {
      name: 'fault-is-on-without-being-injected',
      says: 'A fault is recorded as on and was never injected.',
      edit: {
        file: faults,
        find: `    this.#record(id, fault, 'on', await fault.inject());`,
        replace: `    this.#record(id, fault, 'on', ${ran} ? 'said so' : '');`,
      },
      test: 'is on only after it was injected and read back, and off only after it was read back as gone',
    },
    {
      name: 'link-is-never-probed',
      says: 'No round trip shows that a fault on a link is really on.',
      edit: { file: faults, find: `    probes.on();`, replace: `    void ${ran};` },
      test: 'is probed while it is on, and when it is healed until the link answers',
    },
  ]),
  ...of('packages/cli/src/exit-code.test.ts', [
    {
      name: 'disproven-exits-0',
      says: 'A failure mode that was disproven ends with exit code 0.',
      edit: {
        file: exitCodes,
        find: `    case 'disproven':
      return exitCode.contrary;`,
        replace: `    case 'disproven':
      return ${ran} ? exitCode.ok : exitCode.contrary;`,
      },
      test: 'every verdict on a whole grid has a code of its own',
    },
  ]),
];
