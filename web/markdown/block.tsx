import type { MarkedToken, Token, Tokens } from 'marked';
import { CodeBlock } from './code-block.tsx';
import { Inline } from './inline.tsx';

/** Deeper than anybody writes by hand; what is deeper is shown as it was written. */
const MAX_DEPTH = 12;

interface BlockProps {
  readonly token: MarkedToken;
  readonly isWhole: boolean;
  readonly depth?: number;
}

/** One block of Markdown. */
export function Block({ token, isWhole, depth = 0 }: BlockProps) {
  if (depth > MAX_DEPTH) return <p class="plain">{token.raw}</p>;
  switch (token.type) {
    case 'heading':
      return <Heading token={token} />;
    case 'paragraph':
      return (
        <p>
          <Inline tokens={token.tokens} />
        </p>
      );
    case 'code':
      return <CodeBlock text={token.text} language={token.lang ?? ''} />;
    case 'blockquote':
      return (
        <blockquote>
          <Blocks tokens={token.tokens} isWhole={isWhole} depth={depth + 1} />
        </blockquote>
      );
    case 'list':
      return <List token={token} isWhole={isWhole} depth={depth} />;
    case 'table':
      return <Table token={token} />;
    case 'hr':
      return <hr />;
    case 'html':
      // Shown, never meant: markup of an answer is text.
      return <p class="plain">{token.raw.trim()}</p>;
    case 'space':
    case 'def':
    case 'checkbox':
      return null;
    default:
      return <Inline tokens={[token]} />;
  }
}

function Blocks({
  tokens,
  isWhole,
  depth,
}: {
  readonly tokens: readonly Token[];
  readonly isWhole: boolean;
  readonly depth: number;
}) {
  return (
    <>
      {tokens.map((token, index) => (
        <Block key={index} token={token as MarkedToken} isWhole={isWhole} depth={depth} />
      ))}
    </>
  );
}

/** An answer is inside the page: its first heading is one below those of the page itself. */
function Heading({ token }: { readonly token: Tokens.Heading }) {
  const content = <Inline tokens={token.tokens} />;
  if (token.depth <= 2) return <h3>{content}</h3>;
  if (token.depth <= 4) return <h4>{content}</h4>;
  return <h5>{content}</h5>;
}

function List({
  token,
  isWhole,
  depth,
}: {
  readonly token: Tokens.List;
  readonly isWhole: boolean;
  readonly depth: number;
}) {
  const items = token.items.map((item, index) => (
    <li key={index} class={item.task ? 'task' : undefined}>
      {item.task && <input type="checkbox" checked={item.checked === true} disabled aria-label="" />}
      {item.tokens.map((each, position) =>
        each.type === 'text' ? (
          <span key={position}>
            <Inline tokens={each.tokens ?? [each]} />
          </span>
        ) : (
          <Block key={position} token={each as MarkedToken} isWhole={isWhole} depth={depth + 1} />
        ),
      )}
    </li>
  ));
  if (!token.ordered) return <ul>{items}</ul>;
  return <ol start={token.start === '' ? 1 : token.start}>{items}</ol>;
}

function Table({ token }: { readonly token: Tokens.Table }) {
  const cell = ({ tokens, align }: Tokens.TableCell, index: number, isHeader: boolean) => {
    const content = <Inline tokens={tokens} />;
    const alignment = align === null ? undefined : `align-${align}`;
    return isHeader ? (
      <th key={index} scope="col" class={alignment}>
        {content}
      </th>
    ) : (
      <td key={index} class={alignment}>
        {content}
      </td>
    );
  };
  return (
    // Wide tables scroll by themselves, also by keyboard.
    <div
      class="table-scroll"
      role="group"
      tabIndex={0}
      aria-label={token.header.map(({ text }) => text).join(', ')}
    >
      <table>
        <thead>
          <tr>{token.header.map((each, index) => cell(each, index, true))}</tr>
        </thead>
        <tbody>
          {token.rows.map((row, index) => (
            <tr key={index}>{row.map((each, column) => cell(each, column, false))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
