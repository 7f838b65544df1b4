import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureDependencies } from '../start/dependencies.js';
import { StartFailure } from '../start/failure.js';
import { runCommand } from '../start/run-command.js';

/** What is to be undone is undone even when the run was stopped. */
const NEVER = new AbortController().signal;

/**
 * Checks another revision out beside this tree for as long as `use` takes: whatever happens to that, the
 * worktree is gone afterwards.
 *
 * @template Result
 * @param {string} root of this repository
 * @param {string} revision whatever git understands: a tag, a branch, `HEAD~3`
 * @param {AbortSignal} signal
 * @param {(tree: string) => Promise<Result>} use gets the folder, whose last part is the short commit id
 * @returns {Promise<Result>}
 */
export async function withRevision(root, revision, signal, use) {
  /** @param {readonly string[]} args */
  const git = (args, until = signal) => runCommand('git', ['-C', root, ...args], { signal: until });
  const known = await git(['rev-parse', '--verify', '--quiet', '--short', `${revision}^{commit}`]);
  if (known.code !== 0) throw new StartFailure(`git knows no revision ${revision}`);
  const folder = mkdtempSync(join(tmpdir(), 'revision-'));
  const tree = join(folder, known.output.trim());
  try {
    const { code, output } = await git(['worktree', 'add', '--detach', tree, revision]);
    if (code !== 0) throw new StartFailure(`${output.trim()}\n${revision} could not be checked out`);
    return await use(tree);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await git(['worktree', 'prune'], NEVER);
  }
}

/**
 * The packages of a tree: this tree's own where both lock the same ones.
 *
 * @param {string} root of this tree
 * @param {string} tree the other one
 * @param {AbortSignal} signal
 */
export async function shareDependencies(root, tree, signal) {
  const [ours, theirs] = [root, tree].map((folder) =>
    readFileSync(join(folder, 'package-lock.json'), 'utf8'),
  );
  if (ours === theirs) symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'), 'dir');
  else await ensureDependencies(tree, signal);
}
