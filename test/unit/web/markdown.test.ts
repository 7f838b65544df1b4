import { lexer } from 'marked';
import { describe, expect, it } from 'vitest';
import { decodeEntities } from '../../../web/markdown/entities.ts';
import { safeLink } from '../../../web/markdown/safe-link.ts';
import { settledText } from '../../../web/markdown/settled-text.ts';

describe('a link of an answer', () => {
  it.each(['https://example.org/a?b=c#d', 'http://example.org/', 'mailto:a@example.org'])(
    '%s is one',
    (href) => {
      expect(safeLink(href)).toBe(href);
    },
  );

  it.each([
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'blob:https://a/b',
    'file:///etc/passwd',
    '//evil.example',
    '/relative',
    '#hash',
    '',
  ])('%j is none', (href) => {
    expect(safeLink(href)).toBeUndefined();
  });
});

describe('character references', () => {
  it.each([
    ['R&amp;D &lt;b&gt; &quot;x&quot;', 'R&D <b> "x"'],
    ['&#65;&#x42;', 'AB'],
    ['&unknown; &; &#0; &#x110000; &#xd800;', '&unknown; &; &#0; &#x110000; &#xd800;'],
  ])('%s', (written, meant) => {
    expect(decodeEntities(written)).toBe(meant);
  });
});

const ANSWER = [
  '# Contratos',
  '',
  'Um parágrafo com **ênfase** e `código`.',
  '',
  '| fornecedor | valor |',
  '| --- | ---: |',
  '| Alfa | R$ 10,00 |',
  '| Beta | R$ 20,00 |',
  '',
  '- primeiro',
  '- segundo',
  '  1. dentro',
  '',
  '```sql',
  'select 1',
  '```',
  '',
  '---',
  'Fim.',
].join('\n');

describe('an answer that is still coming', () => {
  it('never shows a block as something that it then stops to be', () => {
    let before: readonly string[] = [];
    for (let length = 0; length <= ANSWER.length; length += 1) {
      const blocks = lexer(settledText(ANSWER.slice(0, length)))
        .map(({ type }) => type)
        .filter((type) => type !== 'space');
      expect(blocks.slice(0, before.length), ANSWER.slice(0, length)).toEqual(before);
      before = blocks;
    }
    expect(before).toEqual(['heading', 'paragraph', 'table', 'list', 'code', 'hr', 'paragraph']);
  });

  it('shows rows of a table as a whole', () => {
    const table = '| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 ';
    expect(settledText(table)).toBe('| a | b |\n| --- | --- |\n| 1 | 2 |');
    expect(settledText('| a | b |\n')).not.toContain('|');
  });
});
