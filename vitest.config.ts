import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', './scripts/ci-summary-reporter.ts'],
    projects: [
      {
        // Pure: no server, no process.
        test: {
          name: 'unit',
          testTimeout: 30_000, // some start `fm` to ask it for its options, on a machine that may be busy
          include: [
            'packages/*/src/**/*.test.ts',
            'failure_modes/*.test.ts',
            'scripts/**/*.test.ts',
          ],
          exclude: ['**/*.live.test.ts', '**/*.system.test.ts', '**/node_modules/**'],
        },
      },
      {
        // Against real brokers, started once for all of them; each test makes its own vhost and key prefix.
        test: {
          name: 'live',
          include: ['packages/*/src/**/*.live.test.ts', 'failure_modes/*.live.test.ts'],
          globalSetup: ['./scripts/vitest-brokers.ts'],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'failure-modes',
          include: ['failure_modes/FM_*/tests/*.test.ts'],
          globalSetup: ['./scripts/vitest-brokers.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          // A load that the machine disturbed is run again, in the end by itself.
          testTimeout: 240_000,
          hookTimeout: 60_000,
        },
      },
      {
        // The whole lab as its user runs it: the command line, the runtimes, signals.
        test: {
          name: 'system',
          include: ['packages/*/src/**/*.system.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 3 },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
