import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { headings } from '../protocol/protocol-page.ts';
import { ROOT } from './source-tree.ts';

/** `## Client messages` as the fifth heading is `05-client-messages.test.ts`. */
function fileOf(heading: string, index: number): string {
  const slug = heading
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return `${String(index + 1).padStart(2, '0')}-${slug}.test.ts`;
}

it('has one numbered protocol test for each heading of PROTOCOL.md, and none without', () => {
  const files = readdirSync(resolve(ROOT, 'test/protocol')).filter((name) => /^\d/.test(name));
  expect(files.sort()).toEqual(headings.map(fileOf));
  expect(files.length).toBeGreaterThan(10);
});
