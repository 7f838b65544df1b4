import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { parse, ROOT, sourceFiles, walk, type SourceFile } from './source-tree.ts';

const SETTING = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
const CONFIG_FILE = /(^|\/)(config|settings)(\/|\.(ts|js)$)/;

/** Read from the environment, but not for people to set. */
const NOT_SETTINGS = ['PATH', 'DEBIAN_FRONTEND'];

/** `env.NAME` or `env['NAME']`, whatever the object before it is called in full. */
function nameReadBy(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && /\benv$/.test(node.expression.getText())) return node.name.text;
  if (!ts.isElementAccessExpression(node) || !/\benv$/.test(node.expression.getText())) return undefined;
  return ts.isStringLiteral(node.argumentExpression) ? node.argumentExpression.text : undefined;
}

/** In a configuration file: a key of a schema, or the name given to a function together with `env`. */
function nameDeclaredBy(node: ts.Node): string | undefined {
  if (ts.isPropertyAssignment(node) || ts.isShorthandPropertyAssignment(node)) return node.name.getText();
  if (!ts.isStringLiteral(node) || !ts.isCallExpression(node.parent)) return undefined;
  return node.parent.arguments.some((argument) => argument.getText() === 'env') ? node.text : undefined;
}

function settingsIn(file: SourceFile): readonly string[] {
  const names: string[] = [];
  const isConfig = CONFIG_FILE.test(file.path);
  walk(parse(file), (node) => {
    const name = nameReadBy(node) ?? (isConfig ? nameDeclaredBy(node) : undefined);
    if (name !== undefined && SETTING.test(name) && !NOT_SETTINGS.includes(name)) names.push(name);
  });
  return names;
}

const read = new Set(sourceFiles('shared', 'gateway', 'chat-worker', 'demo', 'scripts').flatMap(settingsIn));

const README = join(ROOT, 'README.md');

/** The first column of the settings table; one row may name several. */
const documented = new Set(
  (existsSync(README) ? readFileSync(README, 'utf8') : '')
    .split('\n')
    .filter((line) => /^\|\s*`[A-Z]/.test(line))
    .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([A-Z][A-Z0-9_]*)/g)])
    .map((match) => match[1] ?? ''),
);

describe('settings in the README', () => {
  it('documents every variable that is read', () => {
    expect([...read].filter((name) => !documented.has(name)).sort()).toEqual([]);
  });

  it('documents no variable that nothing reads', () => {
    const ours = [...documented].filter((name) => !name.startsWith('OTEL_'));
    expect(ours.filter((name) => !read.has(name)).sort()).toEqual([]);
  });

  it('finds the variables that are certainly read', () => {
    expect([...read]).toEqual(expect.arrayContaining(['PORT', 'NATS_PORT', 'DATA_DIR', 'RETENTION_HOURS']));
  });
});
