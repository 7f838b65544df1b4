import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { schemaFiles } from './schema-files.ts';

/** `npm run schemas`: writes the folder `schemas/` anew. */
const folder = resolve('schemas');
await rm(folder, { recursive: true, force: true });
const files = schemaFiles();
for (const [path, text] of files) {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
}
process.stdout.write(`${String(files.size)} schemas are in ${folder}\n`);
