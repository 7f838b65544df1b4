import { field } from '../start/json.js';

/**
 * @param {unknown} report
 * @param {string} name
 * @returns {number}
 */
function count(report, name) {
  const value = field(report, name);
  return typeof value === 'number' ? value : 0;
}

/**
 * Reads the totals of vitest's JSON report. A run that failed without a failed test (a file that can't be
 * loaded, an unhandled rejection, no report at all) counts as one failure.
 *
 * @param {unknown} report
 * @param {boolean} succeeded by vitest's own exit code
 * @returns {{ passed: number, failed: number }}
 */
export function countTests(report, succeeded) {
  const failed = count(report, 'numFailedTests');
  return { passed: count(report, 'numPassedTests'), failed: succeeded ? failed : Math.max(failed, 1) };
}
