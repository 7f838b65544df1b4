import { lexer, type MarkedToken, type Token } from 'marked';
import { memo } from 'preact/compat';
import { useMemo } from 'preact/hooks';
import { Block } from './block.tsx';
import { settledText } from './settled-text.ts';

/**
 * Markdown of an agent, or of whoever made one say it. The lexer's tokens become elements one by one and
 * HTML in them becomes text: there is no markup to clean, because none is ever made.
 *
 * @param isWhole more may follow while it is not
 */
export function Markdown({ text, isWhole }: { readonly text: string; readonly isWhole: boolean }) {
  const tokens = useMemo(() => blocksOf(isWhole ? text : settledText(text)), [text, isWhole]);
  if (tokens === undefined) return <p class="plain">{text}</p>;
  return (
    <div class="markdown">
      {tokens.map((token, index) => (
        <SettledBlock key={index} token={token} isWhole={isWhole} />
      ))}
    </div>
  );
}

/** Undefined for text no lexer gets to the end of: thousands of quotes in quotes, and the like. */
function blocksOf(text: string): readonly MarkedToken[] | undefined {
  try {
    return lexer(text, { gfm: true }).filter(isOurs);
  } catch {
    return undefined;
  }
}

/** No extension of the lexer is in use, so it knows no other tokens. */
function isOurs(token: Token): token is MarkedToken {
  return token.type !== 'space' && token.type !== 'def';
}

/** While text streams in only the last block is new: those before it are left as they are. */
const SettledBlock = memo(
  Block,
  (before, after) => before.token.raw === after.token.raw && before.isWhole === after.isWhole,
);
