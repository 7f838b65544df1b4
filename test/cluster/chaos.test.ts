import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { ROOT } from '../house/source-tree.ts';

/** `npm run chaos -- --brokers 3` with `--trials` tries more. */
const TRIALS = '4';

it('nothing is lost in any of the faults of the chaos machine, which takes one server of three', () => {
  const args = [
    'scripts/chaos.js',
    '--brokers',
    '3',
    '--trials',
    TRIALS,
    '--worlds',
    '2',
    '--deadline-s',
    '120',
  ];
  const { status, stdout } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  expect(stdout).toContain(`| trials | ${TRIALS} |`);
  expect(stdout).toContain('| violations of any kind | 0 |');
  expect(status).toBe(0);
});
