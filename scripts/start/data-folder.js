import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, StartFailure } from './failure.js';

/**
 * Makes the folder if need be and writes to it once: the broker would tell of a read-only disk only in its log.
 *
 * @param {string} folder
 */
export function assertWritable(folder) {
  const probe = join(folder, `.write-check-${process.pid}`);
  try {
    mkdirSync(folder, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    throw new StartFailure(`DATA_DIR ${folder} can't be written: ${codeOf(error)}.`);
  }
}
