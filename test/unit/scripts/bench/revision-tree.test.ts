import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { shareDependencies, withRevision } from '../../../../scripts/bench/revision-tree.js';
import { StartFailure, Stopped } from '../../../../scripts/start/failure.js';
import { tempFolder } from '../temp-folder.ts';

let folder: ReturnType<typeof tempFolder>;
const signal = new AbortController().signal;
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', folder.path, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
const worktrees = (): number => git('worktree', 'list').trim().split('\n').length;

function commit(text: string): void {
  writeFileSync(join(folder.path, 'file'), text);
  git('add', '.');
  git('commit', '-qm', text);
}

beforeEach(() => {
  folder = tempFolder();
  git('init', '-q');
  commit('old');
  commit('new');
});

afterEach(() => {
  folder[Symbol.dispose]();
});

describe('the tree of another revision', () => {
  it('is there while it is used, and gone afterwards', async () => {
    const tree = await withRevision(folder.path, 'HEAD~1', signal, (path) => {
      expect(readFileSync(join(path, 'file'), 'utf8')).toBe('old');
      return Promise.resolve(path);
    });
    expect(tree.endsWith(git('rev-parse', '--short', 'HEAD~1').trim())).toBe(true);
    expect(existsSync(tree)).toBe(false);
    expect(worktrees()).toBe(1);
  });

  it('is gone after a failure, too', async () => {
    let tree = '';
    const run = withRevision(folder.path, 'HEAD', signal, (path) => {
      tree = path;
      return Promise.reject(new Error('broken'));
    });
    await expect(run).rejects.toThrow('broken');
    expect(existsSync(tree)).toBe(false);
    expect(worktrees()).toBe(1);
  });

  it('is gone when the run is stopped', async () => {
    const stop = new AbortController();
    let tree = '';
    const run = withRevision(folder.path, 'HEAD', stop.signal, (path) => {
      tree = path;
      stop.abort();
      return Promise.reject(new Stopped());
    });
    await expect(run).rejects.toBeInstanceOf(Stopped);
    expect(existsSync(tree)).toBe(false);
    expect(worktrees()).toBe(1);
  });

  it('has to be of a revision that git knows', async () => {
    const run = withRevision(folder.path, 'no-such', signal, () => Promise.resolve());
    await expect(run).rejects.toBeInstanceOf(StartFailure);
    expect(worktrees()).toBe(1);
  });
});

describe('its dependencies', () => {
  it('are those of this tree where both lock the same', async () => {
    const tree = join(folder.path, 'tree');
    for (const path of [folder.path, tree]) {
      mkdirSync(path, { recursive: true });
      writeFileSync(join(path, 'package-lock.json'), '{}');
    }
    mkdirSync(join(folder.path, 'node_modules'));
    await shareDependencies(folder.path, tree, signal);
    expect(lstatSync(join(tree, 'node_modules')).isSymbolicLink()).toBe(true);
  });
});
