/** In every hostile value: no subject of the broker may ever contain it. */
export const CANARY = 'zzKanarienvogel';

/** What is no identifier, with what it is for. None may become a token of a subject. */
export const HOSTILE_IDS: readonly (readonly [name: string, id: string])[] = [
  ['a wildcard for one token', '*'],
  ['a wildcard for all', '>'],
  ['a wildcard after a name', `${CANARY}*`],
  ['a wildcard token', `${CANARY}.*`],
  ['more tokens', `${CANARY}.b`],
  ['a dot alone', '.'],
  ['two dots', '..'],
  ['dots at the ends', `.${CANARY}.`],
  ['a way up', `../${CANARY}`],
  ['a slash', `${CANARY}/b`],
  ['a backslash', `${CANARY}\\b`],
  ['a space', `${CANARY} b`],
  ['a space alone', ' '],
  ['a tab', `${CANARY}\tb`],
  ['a line end', `${CANARY}\n`],
  ['a line end before', `\n${CANARY}`],
  ['a NATS command', `${CANARY}\r\nPUB live.session.x 2\r\n{}\r\n`],
  ['a NUL', `${CANARY}\0`],
  ['an accent', `${CANARY}é`],
  ['a combining accent', `${CANARY}e\u0301`],
  ['a letter that looks like another', `${CANARY}\u0430`],
  ['full-width letters', `\uff21${CANARY}`],
  ['a zero-width space', `${CANARY}\u200b`],
  ['writing from right to left', `${CANARY}\u202e`],
  ['a byte order mark', `\ufeff${CANARY}`],
  ['a line separator', `${CANARY}\u2028`],
  ['an emoji', `${CANARY}😀`],
  ['a lone surrogate', `${CANARY}\ud800`],
  ['digits of another script', `${CANARY}١٢٣`],
  ['an encoded dot', `${CANARY}%2eb`],
  ['an encoded wildcard', '%2a'],
  ['an encoded slash', `${CANARY}%2fb`],
  ['an encoded NATS command', `${CANARY}%0d%0aPUB%20x%202`],
  ['an encoding twice', `${CANARY}%252e`],
  ['a broken encoding', `${CANARY}%zz`],
  ['a plus for a space', `${CANARY}+b`],
  ['a JetStream root', '$JS'],
  ['a system root', `$SYS.${CANARY}`],
  ['an inbox', `_INBOX.${CANARY}`],
  ['a query', `${CANARY}?x=1`],
  ['HTML', `<img src=x onerror=${CANARY}>`],
  ['a template', `\${${CANARY}}`],
  ['a statement', `${CANARY}';DROP TABLE x--`],
  ['nothing', ''],
  ['one character too many', `${CANARY}${'a'.repeat(129 - CANARY.length)}`],
  ['far too many', `${CANARY}${'a'.repeat(3_000)}`],
];

/** What is an identifier although it means something elsewhere: it is to be like any other. */
export const ODD_IDS: readonly string[] = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  '_INBOX',
  '-',
  '_',
  '--help',
  '0',
  '-1',
  'null',
  'undefined',
  'NaN',
  'a'.repeat(128),
];

/** What is no string at all. */
export const NO_STRINGS: readonly (readonly [name: string, value: unknown])[] = [
  ['a number', 7],
  ['null', null],
  ['a boolean', true],
  ['a list', ['a']],
  ['an object', { toString: 'a' }],
  ['an object with a prototype', JSON.parse('{"__proto__":{"length":1}}')],
];

/** As bytes can carry it: half a character becomes the sign for a broken one. */
export function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}
