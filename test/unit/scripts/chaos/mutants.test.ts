import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { MUTANTS } from '../../../../scripts/chaos/mutants.js';

const ROOT = resolve(import.meta.dirname, '../../../..');

it.each(MUTANTS)('the place of the bug "$name" is in the sources, once', (mutant) => {
  const edits = mutant.also === undefined ? [mutant] : [mutant, mutant.also];
  for (const { file, search } of edits) {
    expect(readFileSync(join(ROOT, file), 'utf8').split(search)).toHaveLength(2);
  }
});
