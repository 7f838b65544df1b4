import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle } from './chaos/bundle.js';

/** `npm run chaos -- [--trials N] [--seed S] [--worlds W] [--brokers 3] [--deadline-s D] [--stop-at-first] [--quiet]` */
const ROOT = resolve(import.meta.dirname, '..');
// One's own: another run may be under way.
const folder = join(ROOT, 'dist', `chaos-${process.pid}`);

process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
await bundle(ROOT, folder);
await import(pathToFileURL(join(folder, 'main.js')).href);
