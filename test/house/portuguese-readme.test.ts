import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './source-tree.ts';

const english = readFileSync(join(ROOT, 'README.md'), 'utf8');
const portuguese = readFileSync(join(ROOT, 'README.pt-BR.md'), 'utf8');

/** What is the same in every language. */
function skeleton(page: string) {
  return {
    headings: [...page.matchAll(/^(#+) /gm)].map(([, depth]) => depth),
    code: [...page.matchAll(/^ *```.*?^ *```/gms)].map(([block]) => block),
    settings: [...page.matchAll(/^\| `([A-Z][A-Z0-9_*]+)`/gm)].map(([, name]) => name),
    links: [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target).slice(1),
    steps: [...page.matchAll(/^\d\. \*\*/gm)].length,
  };
}

describe('README.pt-BR.md', () => {
  it('has the headings, commands, settings and links of README.md', () => {
    expect(skeleton(portuguese)).toEqual(skeleton(english));
    expect(skeleton(english).settings.length).toBeGreaterThan(50);
  });

  it('has each paragraph in Portuguese', () => {
    const isCode = (block: string): boolean => /^\s*(```|\|)/.test(block);
    const paragraphs = portuguese
      .replace(/^ *```.*?^ *```/gms, '')
      .split('\n\n')
      .filter((block) => !isCode(block));
    expect(paragraphs.filter((block) => /\b(the|which|with|and)\b/.test(block))).toEqual([]);
  });
});
