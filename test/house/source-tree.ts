import { readdirSync, readFileSync } from 'node:fs';
import { posix, resolve, sep } from 'node:path';
import ts from 'typescript';

export const ROOT = resolve(import.meta.dirname, '../..');

/** Everything written by hand that runs somewhere, tests and tools included. */
const FOLDERS = [
  ...['shared', 'gateway', 'chat-worker', 'client', 'terminal', 'web', 'demo'],
  ...['bench', 'scripts', 'test'],
];
const SOURCE = /\.(ts|tsx|js|mjs)$/;
const BUILT = /(^|\/)(node_modules|dist)\//;

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string;
  /** The first folder of the path. */
  readonly part: string;
  readonly text: string;
}

/** Every import, export-from, dynamic and type import of a file, as it stands in the source. */
function importsOf(file: SourceFile): readonly string[] {
  return ts.preProcessFile(file.text, true, true).importedFiles.map(({ fileName }) => fileName);
}

/** The files of the tree that a file imports. */
export function localImportsOf(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => posix.normalize(posix.join(posix.dirname(file.path), specifier)));
}

/** The packages a file imports, without what is inside them and without Node's own. */
export function packagesOf(file: SourceFile): readonly string[] {
  return importsOf(file)
    .filter((specifier) => !specifier.startsWith('.') && !specifier.startsWith('node:'))
    .map((specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/'));
}

export function parse(file: SourceFile): ts.SourceFile {
  return ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
}

/** Calls `visit` with every node of a file. */
export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function sourceFiles(...parts: readonly string[]): readonly SourceFile[] {
  return files.filter((file) => parts.length === 0 || parts.includes(file.part));
}

function readPart(part: string): SourceFile[] {
  let names: string[];
  try {
    names = readdirSync(resolve(ROOT, part), { recursive: true, encoding: 'utf8' });
  } catch (error) {
    // A part that is not there has no files; anything else would make these tests pass for nothing.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  return names
    .map((name) => posix.join(part, name.split(sep).join('/')))
    .filter((path) => SOURCE.test(path) && !BUILT.test(path))
    .map((path) => ({ path, part, text: readFileSync(resolve(ROOT, path), 'utf8') }));
}

const files: readonly SourceFile[] = FOLDERS.flatMap(readPart);
