import { z } from 'zod';
import type { JsonSchema } from '../../../shared/documentation/json-schema.ts';

/** One row of a message's table. */
export interface Field {
  /** `data.participants[].user.id` */
  readonly path: string;
  readonly type: string;
  readonly required: boolean;
  /** Limits and fixed values, in words. */
  readonly notes: readonly string[];
}

/** The part of JSON Schema that our schemas use. */
const node = z.looseObject({
  type: z.union([z.string(), z.array(z.string()).transform((types) => types.join(' or '))]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  format: z.string().optional(),
  default: z.unknown().optional(),
  description: z.string().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  anyOf: z.array(z.unknown()).optional(),
  oneOf: z.array(z.unknown()).optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
  required: z.array(z.string()).optional(),
});
type Node = z.infer<typeof node>;

/** Every field of a message, in the order of its schema. */
export function fieldsOf(schema: JsonSchema): readonly Field[] {
  return propertiesOf(node.parse(schema), '');
}

function propertiesOf(parent: Node, prefix: string): Field[] {
  const variants = alternativesOf(parent).filter(({ properties }) => properties !== undefined);
  if (parent.properties === undefined && variants.length > 1) {
    return variants.flatMap((variant) => propertiesOf(variant, prefix));
  }
  const [only = parent] = parent.properties === undefined ? variants : [parent];
  return Object.entries(only.properties ?? {}).flatMap(([name, value]) => {
    const child = node.parse(value);
    const path = `${prefix}${name}`;
    const required = only.required?.includes(name) ?? false;
    return [{ path, type: typeOf(child), required, notes: notesOf(child) }, ...childrenOf(child, path)];
  });
}

function childrenOf(child: Node, path: string): Field[] {
  const [variant = child] = child.properties === undefined ? alternativesOf(child).filter(hasMore) : [child];
  if (variant.type === 'array' && variant.items !== undefined && !Array.isArray(variant.items)) {
    return propertiesOf(node.parse(variant.items), `${path}[].`);
  }
  return propertiesOf(variant, `${path}.`);
}

function hasMore({ properties, items }: Node): boolean {
  return properties !== undefined || items !== undefined;
}

function alternativesOf({ anyOf, oneOf }: Node): readonly Node[] {
  return [...(anyOf ?? []), ...(oneOf ?? [])].map((alternative) => node.parse(alternative));
}

function typeOf(field: Node): string {
  if (field.const !== undefined) return JSON.stringify(field.const);
  if (field.enum !== undefined) return field.enum.map((value) => JSON.stringify(value)).join(' or ');
  const alternatives = alternativesOf(field).filter(({ type }) => type !== undefined);
  if (field.type === undefined) return alternatives.map(typeOf).join(' or ') || 'anything';
  if (field.type !== 'array') return field.type;
  return Array.isArray(field.items) ? 'tuple' : `array of ${typeOf(node.parse(field.items ?? {}))}`;
}

function notesOf(field: Node): readonly string[] {
  const { minLength, maxLength, minimum, maximum, pattern, format, description } = field;
  const isLimited = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  return [
    ...(description === undefined ? [] : [description]),
    ...(format === undefined ? [] : [format]),
    ...(pattern === undefined ? [] : [pattern]),
    ...(maxLength === undefined ? [] : [`${minLength ?? 0} to ${maxLength} characters`]),
    ...(maxLength === undefined && minLength !== undefined ? ['not empty'] : []),
    ...(isLimited ? [`${minimum ?? 0} to ${maximum}`] : []),
    ...(!isLimited && minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? [`from ${minimum}`] : []),
    ...(field.default === undefined ? [] : [`default ${JSON.stringify(field.default)}`]),
  ];
}
