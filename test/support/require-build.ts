import { existsSync } from 'node:fs';

const BUILT = ['gateway/main', 'chat-worker/main'];

/** Global setup of the tests that spawn the built services. */
export function setup(): void {
  for (const name of BUILT) {
    const source = new URL(`../../${name}.ts`, import.meta.url);
    const built = new URL(`../../dist/${name}.js`, import.meta.url);
    if (existsSync(source) && !existsSync(built)) {
      throw new Error(`dist/${name}.js is missing: run "npx tsc -b" first, or the tests by "npm test"`);
    }
  }
}
