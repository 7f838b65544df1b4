import { readFileSync } from 'node:fs';

const page = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

/** The second-level headings of PROTOCOL.md, in their order. */
export const headings: readonly string[] = [...page.matchAll(/^## (.+)$/gm)].map(([, text = '']) => text);

export interface Example {
  /** What stands behind `json` on the opening fence: who says it. */
  readonly kind: string;
  /** The nearest heading above. */
  readonly heading: string;
  readonly text: string;
}

/** Every fenced block of a language, with the heading it stands under. */
export function examples(language: string): readonly Example[] {
  let heading = '';
  const found: Example[] = [];
  for (const [, title, info = '', text = ''] of page.matchAll(/^#{2,3} (.+)$|^```(.*)\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title.replaceAll('`', '');
    else if (info.split(' ', 1)[0] === language) {
      found.push({ kind: info.slice(language.length + 1), heading, text });
    }
  }
  return found;
}

/** The cells of the first table under a second-level heading, without back-ticks and without its head. */
export function tableUnder(heading: string): readonly (readonly string[])[] {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim().replaceAll('`', '')),
  );
}
