import type { SeededRandom } from '../../support/seeded-random.ts';

const WORDS = [
  ...['', ' ', '*', '>', '.', '..', 'a.b', '$JS', '_INBOX', '__proto__', 'constructor', 'toString', 'null'],
  ...[
    '\r\nPUB x 2\r\n{}\r\n',
    '\0',
    '\u2028',
    '\ufeff',
    '\ud800',
    '\udfff',
    'é',
    '😀',
    '\u202e',
    '%00',
    '%2e%2e',
  ],
  ...['<script>', '"', "'", '\\', '`', '{', '}', '[', ']', '-1', '1e400', 'NaN', 'true', 'chat', 'typing'],
];
const NUMBERS = [0, -0, 1, -1, 0.5, 1e21, -1e308, 2 ** 31, 2 ** 53, Number.MAX_VALUE, 5e-324];
const KEYS = [
  ...[
    'type',
    'data',
    'id',
    'message',
    'content',
    'agent_id',
    'request_id',
    'investigation_id',
    'since',
    'limit',
  ],
  ...[
    'before',
    'token',
    'timestamp',
    'channel',
    'cursor',
    'traceparent',
    '__proto__',
    'constructor',
    'toJSON',
    '',
  ],
  ...['severity', 'description', 'progress', 'length', '0', 'hasOwnProperty', 'then'],
];
const MAX_LENGTH = 70_000;

/** Text that has broken programs before, or is long, or is anything. */
export function hostileText(random: SeededRandom): string {
  if (random.chance(0.5)) return random.pick(WORDS);
  if (random.chance(0.05)) return random.pick(WORDS).repeat(random.integer(1, 5_000)).slice(0, MAX_LENGTH);
  return Array.from({ length: random.integer(0, 40) }, () =>
    String.fromCharCode(random.integer(0, 0xffff)),
  ).join('');
}

/** Any JSON value, also one that no `JSON.parse` would give an own `__proto__` without care. */
export function hostileJson(random: SeededRandom, depth = 0): unknown {
  const kind = random.integer(0, depth > 6 ? 4 : 7);
  if (kind <= 1) return hostileText(random);
  if (kind === 2) return random.pick(NUMBERS);
  if (kind === 3) return random.chance(0.5);
  if (kind === 4) return null;
  const size = random.integer(0, random.chance(0.02) ? 300 : 5);
  const values = Array.from({ length: size }, () => hostileJson(random, depth + 1));
  if (kind === 5) return values;
  const entries = values.map(
    (value) => [random.chance(0.7) ? random.pick(KEYS) : hostileText(random), value] as const,
  );
  // By definition, not by assignment: `__proto__` becomes a key like any other.
  return Object.fromEntries(entries);
}

/** The text with a few of its characters gone, doubled, moved or changed. */
export function damaged(text: string, random: SeededRandom): string {
  let result = text;
  for (let count = random.integer(1, 5); count > 0; count -= 1) {
    const at = random.integer(0, result.length);
    const [before, after] = [result.slice(0, at), result.slice(at)];
    const kind = random.integer(0, 4);
    if (kind === 0) result = before + after.slice(1);
    else if (kind === 1) result = before + hostileText(random).slice(0, 1_000) + after;
    else if (kind === 2) result = after + before;
    else if (kind === 3) result = before + after.slice(0, 20).repeat(random.integer(1, 50)) + after;
    else result = before;
  }
  return result.slice(0, MAX_LENGTH);
}

export function hostileBytes(random: SeededRandom, maxLength: number): Buffer {
  return Buffer.from(Array.from({ length: random.integer(0, maxLength) }, () => random.integer(0, 255)));
}
