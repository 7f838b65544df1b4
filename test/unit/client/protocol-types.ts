import { z } from 'zod';
import { serverEventData } from '../../../shared/socket-protocol/server-events.ts';

const HEADER = `// Made from shared/socket-protocol/server-events.ts, so that the client needs no schema library. Make it anew with
// npx vitest run test/unit/client/protocol-types.test.ts -u`;

/** The part of JSON Schema that zod makes of our schemas. */
const node = z.looseObject({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  const: z.union([z.string(), z.boolean()]).optional(),
  enum: z.array(z.string()).optional(),
  anyOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});

/** The TypeScript of the data of every server event. */
export function protocolTypes(): string {
  const members = Object.entries(serverEventData).map(
    ([type, schema]) => `readonly ${type}: ${typeOf(z.toJSONSchema(schema))};`,
  );
  return [
    HEADER,
    '',
    '/** The `data` of every event the server sends, by its `type`. */',
    'export interface ServerEventData {',
    ...members,
    '}',
    '',
  ].join('\n');
}

function typeOf(schema: unknown): string {
  const parsed = node.parse(schema);
  if (parsed.const !== undefined) return literal(parsed.const);
  if (parsed.enum !== undefined) return parsed.enum.map(literal).join(' | ');
  if (parsed.anyOf !== undefined) return parsed.anyOf.map(typeOf).join(' | ');
  if (Array.isArray(parsed.type)) return parsed.type.map((type) => typeOf({ ...parsed, type })).join(' | ');
  switch (parsed.type) {
    case undefined:
      return 'unknown';
    case 'string':
    case 'boolean':
    case 'null':
      return parsed.type;
    case 'integer':
    case 'number':
      return 'number';
    case 'array':
      return `readonly (${typeOf(parsed.items)})[]`;
    case 'object':
      return objectType(parsed);
    default:
      throw new Error(`no type for ${JSON.stringify(schema)}`);
  }
}

function objectType({ properties, required = [] }: z.infer<typeof node>): string {
  if (properties === undefined) return 'Readonly<Record<string, unknown>>';
  const members = Object.entries(properties).map(
    ([name, schema]) => `readonly ${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`,
  );
  return members.length === 0 ? 'Readonly<Record<string, never>>' : `{ ${members.join(' ')} }`;
}

function literal(value: string | boolean): string {
  return typeof value === 'string' ? `'${value}'` : String(value);
}
