import { defineConfig } from 'vitest/config';

const TEST_TIMEOUT_MS = 30_000;
const MAX_WORKERS = 2;

/** Tests that start whole processes or kill them: they run after the others and not beside them. */
const PROCESS_TESTS = ['test/e2e/**/*.test.ts', 'test/chaos/**/*.test.ts'];

export default defineConfig({
  test: {
    pool: 'forks',
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
          exclude: PROCESS_TESTS,
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
    ],
  },
});
