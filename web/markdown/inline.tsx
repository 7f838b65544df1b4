import type { MarkedToken, Token, Tokens } from 'marked';
import type { ComponentChildren } from 'preact';
import { decodeEntities } from './entities.ts';
import { safeLink } from './safe-link.ts';

const LINE_BREAK = /^<br\s*\/?>$/i;
const MAX_DEPTH = 12;

interface InlineProps {
  readonly tokens: readonly Token[];
  readonly depth?: number;
}

/** Text within a line. */
export function Inline({ tokens, depth = 0 }: InlineProps) {
  return (
    <>
      {tokens.map((token, index) => (
        <Piece key={index} token={token as MarkedToken} depth={depth} />
      ))}
    </>
  );
}

function Piece({ token, depth }: { readonly token: MarkedToken; readonly depth: number }) {
  if (depth > MAX_DEPTH) return <>{token.raw}</>;
  switch (token.type) {
    case 'text':
      if (token.tokens !== undefined) return <Inline tokens={token.tokens} depth={depth + 1} />;
      return <>{decodeEntities(token.text)}</>;
    case 'escape':
      return <>{token.text}</>;
    case 'strong':
      return (
        <strong>
          <Inline tokens={token.tokens} depth={depth + 1} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Inline tokens={token.tokens} depth={depth + 1} />
        </em>
      );
    case 'del':
      return (
        <del>
          <Inline tokens={token.tokens} depth={depth + 1} />
        </del>
      );
    case 'codespan':
      return <code>{token.text}</code>;
    case 'br':
      return <br />;
    case 'link':
      return <Link token={token} depth={depth} />;
    case 'image':
      // Loading it would tell somebody else who reads this: the link is there for who wants to.
      return <SafeAnchor href={token.href}>{token.text === '' ? token.href : token.text}</SafeAnchor>;
    default:
      return LINE_BREAK.test(token.raw) ? <br /> : <>{token.raw}</>;
  }
}

function Link({ token, depth }: { readonly token: Tokens.Link; readonly depth: number }) {
  return (
    <SafeAnchor href={token.href}>
      <Inline tokens={token.tokens} depth={depth + 1} />
    </SafeAnchor>
  );
}

function SafeAnchor({ href, children }: { readonly href: string; readonly children: ComponentChildren }) {
  const address = safeLink(href);
  if (address === undefined) return <>{children}</>;
  return (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow ugc">
      {children}
    </a>
  );
}
