import ts from 'typescript';
import { expect, it } from 'vitest';
import { parse, sourceFiles, walk } from './source-tree.ts';

/** Calls that mean whatever keeps sessions, to count or to name it. */
const FAMILY_CALLS = /\.(invalidPayload|notification)$/;
const SESSION_STREAM = /^SESSIONS(_\d*)?$/;

function isStreamName(node: ts.Node): boolean {
  if (!ts.isStringLiteralLike(node) || !SESSION_STREAM.test(node.text)) return false;
  if (ts.isLiteralTypeNode(node.parent) || ts.isBinaryExpression(node.parent)) return false;
  const call = ts.isCallExpression(node.parent) ? node.parent.expression.getText() : '';
  return !FAMILY_CALLS.test(call);
}

it('asks `shards.streamOf` for the stream of a session, which may be one of several', () => {
  const wrong = sourceFiles('shared', 'gateway', 'chat-worker', 'demo')
    .filter(({ path }) => !path.startsWith('shared/bus-protocol/') && !path.endsWith('metric-catalog.ts'))
    .flatMap((file) => {
      const found: string[] = [];
      walk(parse(file), (node) => {
        if (isStreamName(node)) found.push(`${file.path}: ${node.parent.getText()}`);
      });
      return found;
    });
  expect(wrong).toEqual([]);
});
