import { join } from 'node:path';
import { build } from 'rolldown';

/** What the chaos machine runs, by the name it has in the output folder. */
const ENTRIES = {
  main: 'test/chaos/main.ts',
  gateway: 'gateway/main.ts',
  worker: 'test/chaos/parts/worker-main.ts',
  simulate: 'test/chaos/simulation/main.ts',
};

/**
 * Builds the machine and the services it torments from their sources, without a type check.
 *
 * @param {string} root of the tree that is built
 * @param {string} folder where to; packages are looked up from there
 */
export async function bundle(root, folder) {
  await build({
    cwd: root,
    input: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)])),
    platform: 'node',
    transform: { target: 'node20.18' },
    // Packages stay where they are; what newer syntax becomes comes along.
    external: /^(?!@oxc-project\/)[@a-z]/i,
    output: { dir: folder, format: 'esm', entryFileNames: '[name].js', sourcemap: true },
    logLevel: 'warn',
  });
}
