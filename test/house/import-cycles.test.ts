import { expect, it } from 'vitest';
import { localImportsOf, sourceFiles } from './source-tree.ts';

const imports = new Map(sourceFiles().map((file) => [file.path, localImportsOf(file)]));

/** The first cycle found by going down from `path`, as the files on it. */
function cycleFrom(path: string, trail: readonly string[], done: Set<string>): readonly string[] | undefined {
  if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
  if (done.has(path)) return undefined;
  for (const next of imports.get(path) ?? []) {
    const cycle = cycleFrom(next, [...trail, path], done);
    if (cycle !== undefined) return cycle;
  }
  done.add(path);
  return undefined;
}

it('has no import cycle, type imports counted', () => {
  const done = new Set<string>();
  const cycle = [...imports.keys()]
    .map((path) => cycleFrom(path, [], done))
    .find((each) => each !== undefined);
  expect(cycle).toBeUndefined();
});
