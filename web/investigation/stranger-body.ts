/** The body of an event of an investigation: whoever may publish wrote it, so any field may be anything. */
export type StrangerBody = Readonly<Record<string, unknown>>;

const MAX_CHARACTERS = 400;

export function isBody(value: unknown): value is StrangerBody {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first of these own fields that holds something. */
export function firstField(body: StrangerBody, names: readonly string[]): unknown {
  return names
    .map((name) => (Object.hasOwn(body, name) ? body[name] : undefined))
    .find((value) => value !== undefined && value !== null && value !== '');
}

/** A string or number as one line of bounded length; undefined for everything else. */
export function asText(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  // Control and direction characters would let one event disturb what stands beside it.
  const line = value
    .slice(0, MAX_CHARACTERS * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Z}]+/gu, ' ')
    .trim();
  if (line === '') return undefined;
  const points = Array.from(line);
  return points.length <= MAX_CHARACTERS ? line : `${points.slice(0, MAX_CHARACTERS).join('')}…`;
}

export function textField(body: StrangerBody, names: readonly string[]): string | undefined {
  return asText(firstField(body, names));
}
