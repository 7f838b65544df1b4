import { expect, it } from 'vitest';
import { sourceFiles } from './source-tree.ts';

/** Lines that are neither blank nor comment. What is longer is more than one thing. */
const MAX_LINES = 300;
const BLANK_OR_COMMENT = /^\s*(\/\/.*|\/?\*.*)?$/;

it(`has no file of more than ${MAX_LINES} lines of code`, () => {
  const tooLong = sourceFiles()
    .map(({ path, text }) => ({
      path,
      lines: text.split('\n').filter((line) => !BLANK_OR_COMMENT.test(line)).length,
    }))
    .filter(({ lines }) => lines > MAX_LINES);
  expect(tooLong).toEqual([]);
});
