import { parseClientMessage, type ClientMessage } from './client-messages.ts';
import { MAX_JSON_DEPTH } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * One client frame as a checked message. The bytes are only read during the call.
 * @throws ProtocolError `INVALID_MESSAGE`, `UNKNOWN_TYPE` or `INVALID_ID`
 */
export function decodeFrame(bytes: ArrayBuffer, isBinary: boolean): ClientMessage {
  if (isBinary) throw new ProtocolError('INVALID_MESSAGE');
  return parseClientMessage(parseBoundedJson(bytes));
}

/**
 * JSON whose nesting is checked before it is parsed.
 * @throws ProtocolError `INVALID_MESSAGE`
 */
export function parseBoundedJson(bytes: ArrayBuffer | Uint8Array): unknown {
  try {
    const text = utf8.decode(bytes);
    if (nestingOf(text) > MAX_JSON_DEPTH) throw new ProtocolError('INVALID_MESSAGE');
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError('INVALID_MESSAGE', { cause: error });
  }
}

/** The deepest nesting of arrays and objects, without building them. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === BACKSLASH) index += 1;
      else if (character === QUOTE) inString = false;
    } else if (character === QUOTE) inString = true;
    else if (character === OPEN_BRACE || character === OPEN_BRACKET)
      deepest = Math.max(deepest, (depth += 1));
    else if (character === CLOSE_BRACE || character === CLOSE_BRACKET) depth -= 1;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
