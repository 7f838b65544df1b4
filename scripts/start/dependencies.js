import { join } from 'node:path';
import { StartFailure } from './failure.js';
import { field, readJson } from './json.js';
import { runCommand } from './run-command.js';

/**
 * @param {string} path
 * @returns {[folder: string, entry: unknown][]} none when there is no such lockfile
 */
function lockedPackages(path) {
  const packages = field(readJson(path), 'packages');
  return typeof packages === 'object' && packages !== null ? Object.entries(packages) : [];
}

/**
 * npm notes what it installed in `node_modules/.package-lock.json`, as its last act: comparing that with
 * the lockfile also accepts what `npm install` did by hand, and no second record can disagree.
 *
 * @param {string} root
 */
export function dependenciesAreCurrent(root) {
  const wanted = lockedPackages(join(root, 'package-lock.json')).filter(([folder]) => folder !== '');
  const installed = new Map(lockedPackages(join(root, 'node_modules', '.package-lock.json')));
  return (
    wanted.length > 0 &&
    wanted.every(([folder, entry]) => {
      const found = installed.get(folder);
      // Optional packages for other platforms are in the lockfile but never installed here.
      if (found === undefined) return field(entry, 'optional') === true;
      return ['version', 'integrity'].every((name) => field(found, name) === field(entry, name));
    })
  );
}

/**
 * @param {string} root
 * @param {AbortSignal} signal
 */
export async function ensureDependencies(root, signal) {
  if (dependenciesAreCurrent(root)) return;
  console.error('Installing dependencies (npm ci) ...');
  // The compiler is a development dependency: NODE_ENV=production would leave it out.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const { code, output } = await runCommand('npm', args, { signal, cwd: root });
  if (code !== 0)
    throw new StartFailure(`${output.trim()}\nThe dependencies could not be installed (npm ci).`);
}
