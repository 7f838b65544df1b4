/** Lines that may become something else with the next character: markers of lists, headings, rules and fences. */
const ONLY_A_MARKER = /^\s{0,3}(?:#{1,6}|[-*+>]|\d{1,9}[.)]?|`{1,3}|~{1,3}|[-=*_]{1,80}|\*\*?|<)\s*$/;
const TABLE_LINE = /^\s{0,3}\|/;
const DELIMITER_LINE = /^\s{0,3}\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/**
 * As much of an unfinished text as stays what it looks like: a table shows whole rows, and not before it is
 * known to be one, so that nothing that is shown turns into something of another height.
 */
export function settledText(text: string): string {
  const lines = text.split('\n');
  const last = lines.at(-1) ?? '';
  if (ONLY_A_MARKER.test(last) || TABLE_LINE.test(last)) lines.pop();
  // The line break after a header has come, and what it is the header of has not.
  const headerIndex = lines.length - (lines.at(-1) === '' ? 2 : 1);
  const header = lines[headerIndex] ?? '';
  const isWaiting = TABLE_LINE.test(header) && !isInTable(lines.slice(0, headerIndex + 1));
  return (isWaiting ? lines.slice(0, headerIndex) : lines).join('\n');
}

/** Whether the lines end in a table that has its delimiter row. */
function isInTable(lines: readonly string[]): boolean {
  for (let index = lines.length - 1; index > 0; index -= 1) {
    const line = lines[index] ?? '';
    if (!TABLE_LINE.test(line)) return false;
    if (DELIMITER_LINE.test(line)) return true;
  }
  return false;
}
