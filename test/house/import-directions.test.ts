import { describe, expect, it } from 'vitest';
import { localImportsOf, sourceFiles } from './source-tree.ts';

/** What each part may know besides itself: gateway -> shared <- chat-worker, client -> the protocol. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  gateway: ['shared/'],
  'chat-worker': ['shared/'],
  client: ['shared/socket-protocol/'],
  terminal: ['client/'],
  web: ['client/'],
  demo: ['shared/'],
  scripts: [],
};

describe('import directions', () => {
  it.each(Object.entries(MAY_IMPORT))('%s imports nothing but itself and %j', (part, allowed) => {
    const wrong = sourceFiles(part).flatMap((file) =>
      localImportsOf(file)
        .filter((target) => ![`${part}/`, ...allowed].some((prefix) => target.startsWith(prefix)))
        .map((target) => `${file.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('looks at the tree that is there', () => {
    expect(sourceFiles('shared').length).toBeGreaterThan(0);
    expect(sourceFiles('scripts').flatMap(localImportsOf)).toContain('scripts/start/supervisor.js');
  });
});
