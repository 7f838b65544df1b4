import { cpSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the bundles are made of. */
const COPIED = [
  'shared',
  'gateway',
  'chat-worker',
  'client',
  'test/chaos',
  'test/support',
  'scripts/nats',
  'deploy/nats',
  'tsconfig.base.json',
];

/**
 * A copy of the sources with one bug in it.
 *
 * @param {string} root
 * @param {import('./mutants.js').Mutant} mutant
 * @returns {string} the copy's folder
 * @throws when the place of the bug is not there, or not once
 */
export function plant(root, { name, also, ...first }) {
  const copy = mkdtempSync(join(tmpdir(), 'chaos-mutant-'));
  for (const folder of COPIED) cpSync(join(root, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
  for (const { file, search, replace } of also === undefined ? [first] : [first, also]) {
    const path = join(copy, file);
    const parts = readFileSync(path, 'utf8').split(search);
    if (parts.length !== 2) throw new Error(`"${name}": its place is ${parts.length - 1} times in ${file}`);
    writeFileSync(path, parts.join(replace));
  }
  return copy;
}
