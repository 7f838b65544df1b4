import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartFailure } from './failure.js';
import { runCommand } from './run-command.js';

/** What is built, in this order: each step is a script of this project's own tools, run by this Node. */
const STEPS = [
  ['node_modules/typescript/bin/tsc', '-b', 'gateway', 'chat-worker', 'demo'],
  ['node_modules/vite/bin/vite.js', 'build', 'web'],
];

/** What the result depends on. */
const SOURCE_FOLDERS = ['shared', 'gateway', 'chat-worker', 'demo', 'client', 'web'];
const SOURCE_FILES = ['tsconfig.base.json', 'package-lock.json'];

/** Without these there is nothing to start, whatever the record says. */
const RESULTS = [
  'dist/gateway/main.js',
  'dist/chat-worker/main.js',
  'dist/demo/main.js',
  'dist/web/index.html',
];

const RECORD = 'dist/.built-from';

/** @param {string} root */
function sourceFiles(root) {
  const found = SOURCE_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(tsx?|json|html|css|svg)$/.test(path))
      .map((path) => join(folder, path)),
  );
  return [...SOURCE_FILES, ...found.sort()];
}

/**
 * @param {string} root
 * @returns {string} a hash of everything that a build reads
 */
function fingerprint(root) {
  const hash = createHash('sha256');
  for (const path of sourceFiles(root)) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  }
  return hash.digest('hex');
}

/** @param {string} root */
function isCurrent(root) {
  const record = join(root, RECORD);
  return (
    RESULTS.every((path) => existsSync(join(root, path))) &&
    existsSync(record) &&
    readFileSync(record, 'utf8') === fingerprint(root)
  );
}

/**
 * Builds what `npm start` runs unless exactly these sources were built last.
 *
 * @param {string} root
 * @param {AbortSignal} signal
 */
export async function ensureBuild(root, signal) {
  if (isCurrent(root)) return;
  console.error('Building ...');
  const builtFrom = fingerprint(root);
  rmSync(join(root, RECORD), { force: true });
  for (const [script = '', ...args] of STEPS) {
    const { code, output } = await runCommand(process.execPath, [join(root, script), ...args], {
      signal,
      cwd: root,
    });
    if (code !== 0) throw new StartFailure(`${output.trim()}\nThe build failed.`);
  }
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, RECORD), builtFrom);
}
