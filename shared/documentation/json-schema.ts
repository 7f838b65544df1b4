import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * A schema as JSON Schema, draft 7: what AsyncAPI reads without being told, and most languages have. It is
 * what may be sent: fields it does not name are ignored, and those with a default may be left out.
 */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const described = z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // What the format says already.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  delete described.$schema;
  return described;
}
