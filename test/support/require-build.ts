import { existsSync } from 'node:fs';

const BUILT = ['gateway/main', 'chat-worker/main', 'demo/main'];
const PAGE = new URL('../../dist/web/index.html', import.meta.url);

/** Global setup of the tests that spawn the built services, or open the page they serve. */
export function setup(): void {
  for (const name of BUILT) {
    const source = new URL(`../../${name}.ts`, import.meta.url);
    const built = new URL(`../../dist/${name}.js`, import.meta.url);
    if (existsSync(source) && !existsSync(built)) {
      throw new Error(`dist/${name}.js is missing: run "npm run build" first, or the tests by "npm test"`);
    }
  }
  if (!existsSync(PAGE)) throw new Error('dist/web is missing: run "npm run build" first');
}
