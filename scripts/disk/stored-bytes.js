import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** As `stat` counts what a file takes of the disk. */
const BLOCK_BYTES = 512;
const STREAMS = 'jetstream/$G/streams';

/**
 * @param {string} dataFolder of a broker that has stopped
 * @param {string} stream
 * @returns {number} what it takes of the disk: messages, indexes and consumers
 */
export function storedBytes(dataFolder, stream) {
  const folder = join(dataFolder, STREAMS, stream);
  if (!existsSync(folder)) throw new Error(`${folder} is not there`);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => statSync(join(folder, path)))
    .filter((found) => found.isFile())
    .reduce((sum, { blocks }) => sum + blocks * BLOCK_BYTES, 0);
}
