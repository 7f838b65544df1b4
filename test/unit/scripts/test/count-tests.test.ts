import { expect, it } from 'vitest';
import { countTests } from '../../../../scripts/test/count-tests.js';

it.each([
  ['all passed', { numPassedTests: 3, numFailedTests: 0 }, true, { passed: 3, failed: 0 }],
  ['some failed', { numPassedTests: 3, numFailedTests: 2 }, false, { passed: 3, failed: 2 }],
  [
    'a file that could not be loaded',
    { numPassedTests: 3, numFailedTests: 0 },
    false,
    { passed: 3, failed: 1 },
  ],
  ['no report', undefined, false, { passed: 0, failed: 1 }],
])('counts %s', (_, report, succeeded, counts) => {
  expect(countTests(report, succeeded)).toEqual(counts);
});
