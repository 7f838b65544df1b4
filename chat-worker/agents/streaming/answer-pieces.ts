/** A word up to this length goes together with the next one, so that pieces are about as long as tokens. */
const shortWordChars = 3;
/** A word longer than this (a link, a hash) is cut. */
const longestPieceChars = 40;

/**
 * Cuts text into pieces of a word or two, spaces included; joined again they are the text, byte for byte.
 * No piece begins or ends inside a code point. One pass, whatever the text.
 */
export function* piecesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    let end = wordEnd(text, start);
    const isShort = text.slice(start, end).trimEnd().length <= shortWordChars;
    if (isShort && end < text.length) {
      const next = wordEnd(text, end);
      if (next - start <= longestPieceChars) end = next;
    }
    yield text.slice(start, end);
    start = end;
  }
}

/** Where the word at `start` and the space after it end, at most a piece further. */
function wordEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + longestPieceChars);
  let end = start;
  while (end < limit && !isSpace(text.charCodeAt(end))) end += 1;
  while (end < limit && isSpace(text.charCodeAt(end))) end += 1;
  return end < text.length && isInsidePair(text, end) ? end - 1 : end;
}

function isSpace(unit: number): boolean {
  return unit === 0x20 || unit === 0x0a;
}

/** Whether cutting here would part a surrogate pair. */
function isInsidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff;
}
