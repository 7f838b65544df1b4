import ts from 'typescript';
import { expect, it } from 'vitest';
import { parse, sourceFiles, walk } from './source-tree.ts';

/** Where subjects are written: every token is checked there. */
const WRITTEN_IN = 'shared/bus-protocol/';
const ROOTS = /^(session|chat\.request|live|investigation|state\.session)\./;
/** `investigation.<id>` alone is the name of a channel, which clients see. */
const CHANNEL_ROOT = /^investigation\.$/;

/** A subject with a wildcard, or one whose next token is put in at run time. */
function isSubject(node: ts.Node): boolean {
  if (ts.isTemplateExpression(node)) {
    const { head, templateSpans } = node;
    const isChannel =
      CHANNEL_ROOT.test(head.text) && templateSpans.length === 1 && node.getText().endsWith('}`');
    return ROOTS.test(head.text) && !isChannel;
  }
  if (!ts.isStringLiteralLike(node) || !ROOTS.test(node.text)) return false;
  return /^[^ ]*[*>]$/.test(node.text) || ts.isBinaryExpression(node.parent);
}

it('builds NATS subjects in one place only', () => {
  const wrong = sourceFiles('shared', 'gateway', 'chat-worker')
    .filter((file) => !file.path.startsWith(WRITTEN_IN))
    .flatMap((file) => {
      const found: string[] = [];
      walk(parse(file), (node) => {
        if (isSubject(node)) found.push(`${file.path}: ${node.getText()}`);
      });
      return found;
    });
  expect(wrong).toEqual([]);
});

it('recognizes the subjects where they are written', () => {
  const written = sourceFiles('shared').filter((file) => file.path.startsWith(WRITTEN_IN));
  let count = 0;
  for (const file of written) walk(parse(file), (node) => (count += isSubject(node) ? 1 : 0));
  expect(count).toBeGreaterThan(3);
});
