import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './chaos/bundle.js';

/** `npm run chaos:simulate -- [--seeds N] [--seed S] [--budget-s B] [--stop-at-first]` */
const ROOT = resolve(import.meta.dirname, '..');
// One's own: another run may be under way.
const folder = join(ROOT, 'dist', `simulation-${process.pid}`);

process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await bundle(ROOT, folder);
await import(pathToFileURL(join(folder, 'simulate.js')).href);
