import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { ROOT } from './source-tree.ts';

const page = readFileSync(join(ROOT, 'SECURITY.md'), 'utf8');
const manifest = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
const lock = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');

it('says of every production dependency why it is trusted', () => {
  const missing = Object.keys(manifest.dependencies).filter((name) => !page.includes(`\`${name}\``));
  expect(missing).toEqual([]);
});

it('has every production dependency pinned to one version', () => {
  const loose = Object.entries(manifest.dependencies).filter(
    ([, version]) => !/^(npm:[\w-]+@)?\d+\.\d+\.\d+$/.test(version),
  );
  expect(loose).toEqual([]);
});

it('has the hashes of the socket library as it is installed', () => {
  const folder = join(ROOT, 'node_modules/uWebSockets.js');
  const rows = [...page.matchAll(/`(uws_\w+\.node)`\s*\| `([0-9a-f]{64})`/g)];
  expect(rows.length).toBeGreaterThan(10);
  for (const [, file = '', hash] of rows) {
    const bytes = readFileSync(join(folder, file));
    expect(`${file} ${createHash('sha256').update(bytes).digest('hex')}`).toBe(`${file} ${hash ?? ''}`);
  }
  const source = readFileSync(join(folder, 'source_commit'), 'utf8').trim();
  expect(page).toContain(source);
  const integrity = /sha512-[\w+/]+={0,2}/.exec(page)?.[0] ?? '';
  expect(lock).toContain(`"integrity": "${integrity}"`);
});

it('names tests that are there', () => {
  const named = [...page.matchAll(/`((?:attacks|access)\/[a-z-]+)`/g)].map(([, name = '']) => name);
  expect(named.length).toBeGreaterThan(10);
  for (const name of named) expect(existsSync(join(ROOT, 'test/e2e', `${name}.test.ts`))).toBe(true);
  const folders = [...page.matchAll(/`(broker-roles|fuzz)`/g)].map(([, name = '']) => name);
  for (const name of folders) expect(existsSync(join(ROOT, 'test/e2e', name))).toBe(true);
});
