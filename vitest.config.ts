import { defineConfig } from 'vitest/config';

/** On a cluster what is waited for may wait for an election first. */
const PATIENCE = process.env['TEST_BROKERS'] === '3' ? 4 : 1;
const TEST_TIMEOUT_MS = 30_000 * PATIENCE;
const MAX_WORKERS = 2;

/** Tests that start whole processes or kill them: they run after the others and not beside them. */
const PROCESS_TESTS = ['test/e2e/**/*.test.ts'];
/** Tests of the page in a real browser, one file after the other: a browser alone keeps two cores busy. */
const BROWSER_TESTS = ['test/browser/**/*.test.ts'];
const BROWSER_TIMEOUT_MS = 90_000;
/** Tests that load the machine, and measure on it: they run last, one after the other. */
const CHAOS_TESTS = ['test/chaos/**/*.test.ts'];
/** Tests of three brokers, two gateways and two workers: they want the machine for themselves. */
const CLUSTER_TESTS = ['test/cluster/**/*.test.ts'];
/** An election may take seconds, and a server that was away catches up after. */
const CLUSTER_TIMEOUT_MS = 180_000;
/** Each has a time of its own that it should take; this is for a machine that is very busy. */
const CHAOS_TIMEOUT_MS = 900_000;

export default defineConfig({
  test: {
    pool: 'forks',
    setupFiles: ['test/support/no-listener-leaks.ts'],
    testTimeout: TEST_TIMEOUT_MS,
    hookTimeout: TEST_TIMEOUT_MS,
    teardownTimeout: TEST_TIMEOUT_MS,
    maxWorkers: MAX_WORKERS,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: [...PROCESS_TESTS, ...BROWSER_TESTS, ...CHAOS_TESTS, ...CLUSTER_TESTS],
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: PROCESS_TESTS,
          // These start what `tsc -b` built: without a build, one line says so.
          globalSetup: ['test/support/require-build.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: BROWSER_TESTS,
          testTimeout: BROWSER_TIMEOUT_MS,
          globalSetup: ['test/support/require-build.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'chaos',
          include: CHAOS_TESTS,
          testTimeout: CHAOS_TIMEOUT_MS,
          globalSetup: ['test/support/require-build.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 3 },
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          include: CLUSTER_TESTS,
          testTimeout: CLUSTER_TIMEOUT_MS,
          hookTimeout: CLUSTER_TIMEOUT_MS,
          globalSetup: ['test/support/require-build.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
