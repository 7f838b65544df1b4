/**
 * Reading the bodies of investigation events. Whoever may publish wrote them: any key, any type, any
 * length. Only own properties are read, never copied; text comes out short, clean and well formed.
 */
export type StrangerBody = Readonly<Record<string, unknown>>;

/** Long enough for a sentence or two; more belongs in the event itself. */
const longestTextChars = 240;
const longestNameChars = 100;

export function isBody(value: unknown): value is StrangerBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first of these own fields that holds something. */
export function firstField(body: StrangerBody, names: readonly string[]): unknown {
  for (const name of names) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return undefined;
}

/** Objects in which publishers wrap the facts. Deeper nesting is not looked at. */
const wrappers = ['details', 'detalhes', 'data', 'dados', 'contract', 'contrato', 'payload'] as const;

/** The body itself and what it wraps, one level deep. */
export function bodyAndWrapped(body: StrangerBody): readonly StrangerBody[] {
  return [body, ...wrappers.map((name) => firstField(body, [name])).filter(isBody)];
}

/** A string or number as one clean line of text; undefined for everything else and for blanks. */
export function asText(value: unknown, longestChars: number = longestTextChars): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  // Cut before cleaning: the work depends on what is shown, not on what was sent.
  const line = value
    .slice(0, longestChars * 4)
    .replace(/[\uD800-\uDFFF]/gu, '\uFFFD')
    // Control, format (bidirectional overrides, zero width) and separator characters all become spaces.
    .replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .trim();
  return line === '' ? undefined : cutText(line, longestChars);
}

export function textField(body: StrangerBody, names: readonly string[]): string | undefined {
  return asText(firstField(body, names));
}

export function nameField(body: StrangerBody, names: readonly string[]): string | undefined {
  return asText(firstField(body, names), longestNameChars);
}

/** At most so many code points, cut between words where one is near, with an ellipsis. */
function cutText(text: string, longestChars: number): string {
  const points = Array.from(text);
  if (points.length <= longestChars) return text;
  const cut = points.slice(0, longestChars - 1).join('');
  const lastSpace = cut.lastIndexOf(' ');
  return `${lastSpace > longestChars / 2 ? cut.slice(0, lastSpace) : cut}…`;
}
