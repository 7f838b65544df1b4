import { parseArgs } from 'node:util';
import { StartFailure } from '../start/failure.js';

const USAGE =
  'Usage: npm run bench -- [--only FIGURE]... [--rounds N] [--compare REVISION] [--guard] [--original FILE [--python PYTHON]]';

/**
 * @param {readonly string[]} args
 * @returns {{ compare: string | undefined, bench: readonly string[] }} the revision to measure beside this
 *   tree, and what the benchmark itself is told
 */
export function readBenchOptions(args) {
  const { compare, guard, only, original, python, rounds } = parse(args);
  if (rounds !== undefined && !/^[1-9]\d*$/.test(rounds)) throw new StartFailure(USAGE);
  return {
    compare,
    bench: [
      ...only.flatMap((name) => ['--only', name]),
      ...(rounds === undefined ? [] : ['--rounds', rounds]),
      ...(guard ? ['--guard'] : []),
      ...(original === undefined ? [] : ['--original', original]),
      ...(python === undefined ? [] : ['--python', python]),
    ],
  };
}

/** @param {readonly string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', multiple: true, default: [] },
        rounds: { type: 'string' },
        compare: { type: 'string' },
        guard: { type: 'boolean', default: false },
        original: { type: 'string' },
        python: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new StartFailure(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}
