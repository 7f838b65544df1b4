import ts from 'typescript';
import { expect, it } from 'vitest';
import { parse, sourceFiles, walk } from './source-tree.ts';

const LEVELS = /^(trace|debug|info|warn|error|fatal)$/;
/** Everything that is logged is said in one place of each service, beside a start that fails. */
const CATALOGS: readonly string[] = [
  'gateway/events.ts',
  'chat-worker/events.ts',
  'chat-worker/chat-record.ts',
  'gateway/main.ts',
  'chat-worker/main.ts',
];

interface LogCall {
  readonly path: string;
  readonly text: string;
  readonly message: ts.Expression | undefined;
}

/** `logger.warn({ … }, 'text')` in all its forms. */
function logCalls(): LogCall[] {
  return sourceFiles('gateway', 'chat-worker', 'shared').flatMap((file) => {
    const found: LogCall[] = [];
    walk(parse(file), (node) => {
      if (!ts.isCallExpression(node)) return;
      const { expression } = node;
      const isLogger =
        (ts.isPropertyAccessExpression(expression) && LEVELS.test(expression.name.text)) ||
        ts.isElementAccessExpression(expression);
      if (!isLogger || !/(^|[.#])logger$/.test(expression.expression.getText())) return;
      found.push({ path: file.path, text: node.getText(), message: node.arguments.at(-1) });
    });
    return found;
  });
}

it('logs in the catalogues of events only', () => {
  const calls = logCalls();
  expect(calls.length).toBeGreaterThan(50);
  expect([...new Set(calls.map(({ path }) => path))].sort()).toEqual([...CATALOGS].sort());
});

it('has messages that are always the same: what changes is a field', () => {
  const changing = logCalls().filter(({ message }) => message === undefined || !ts.isStringLiteral(message));
  expect(changing.map(({ path, text }) => `${path}: ${text}`)).toEqual([]);
});
