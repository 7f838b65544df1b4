import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ensureBuild } from '../../../../scripts/start/build.js';
import { tempFolder } from '../temp-folder.ts';

/** Stands in for the compiler: notes that it ran, and fails when the source says so. */
const COMPILER = `
const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
appendFileSync('runs', process.argv.slice(2).join(' ') + '\\n');
if (readFileSync('gateway/main.ts', 'utf8').includes('wrong')) {
  console.log('gateway/main.ts(1,1): error');
  process.exit(2);
}
for (const part of ['gateway', 'chat-worker', 'demo']) {
  mkdirSync('dist/' + part, { recursive: true });
  writeFileSync('dist/' + part + '/main.js', '');
}
`;

/** Stands in for the bundler: notes that it ran, too. */
const BUNDLER = `
const { appendFileSync, mkdirSync, writeFileSync } = require('node:fs');
appendFileSync('bundles', process.argv.slice(2).join(' ') + '\\n');
mkdirSync('dist/web', { recursive: true });
writeFileSync('dist/web/index.html', '');
`;

let folder: ReturnType<typeof tempFolder>;
const file = (path: string): string => join(folder.path, path);
const build = (): Promise<void> => ensureBuild(folder.path, new AbortController().signal);
const runs = (): number => readFileSync(file('runs'), 'utf8').trim().split('\n').length;

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue();
  folder = tempFolder();
  const tools = ['node_modules/typescript/bin', 'node_modules/vite/bin'];
  for (const path of [...tools, 'shared', 'gateway', 'chat-worker', 'demo', 'client', 'web']) {
    mkdirSync(file(path), { recursive: true });
  }
  writeFileSync(file('node_modules/typescript/bin/tsc'), COMPILER);
  writeFileSync(file('node_modules/vite/bin/vite.js'), BUNDLER);
  for (const path of [
    'tsconfig.base.json',
    'package-lock.json',
    'gateway/main.ts',
    'gateway/tsconfig.json',
    'web/page.css',
    'web/index.html',
    'web/app.tsx',
  ]) {
    writeFileSync(file(path), '{}');
  }
});

afterEach(() => {
  vi.restoreAllMocks();
  folder[Symbol.dispose]();
});

describe('build', () => {
  it('builds once and not again while nothing changes', async () => {
    await build();
    await build();
    expect(readFileSync(file('runs'), 'utf8')).toBe('-b gateway chat-worker demo\n');
    expect(readFileSync(file('bundles'), 'utf8')).toBe('build web\n');
  });

  it.each([
    ...['gateway/main.ts', 'gateway/tsconfig.json', 'tsconfig.base.json', 'package-lock.json'],
    ...['web/page.css', 'web/index.html', 'web/app.tsx'],
  ])('builds again when %s changes', async (path) => {
    await build();
    appendFileSync(file(path), ' ');
    await build();
    expect(runs()).toBe(2);
  });

  it('builds again when a source comes or a result is gone', async () => {
    await build();
    writeFileSync(file('shared/new.ts'), '');
    await build();
    rmSync(file('dist/gateway/main.js'));
    await build();
    rmSync(file('dist/web/index.html'));
    await build();
    expect(runs()).toBe(4);
  });

  it('shows what the compiler said when it fails, and tries again next time', async () => {
    await build();
    writeFileSync(file('gateway/main.ts'), 'wrong');
    await expect(build()).rejects.toThrow('gateway/main.ts(1,1): error\nThe build failed.');
    await expect(build()).rejects.toThrow('The build failed.');
    expect(runs()).toBe(3);
  });

  it('ends at once when it is stopped', async () => {
    const stopped = ensureBuild(folder.path, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ name: 'Stopped' });
  });
});
