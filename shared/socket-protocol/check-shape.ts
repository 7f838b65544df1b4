import { z } from 'zod';

/** What `safeParse` of the library gives, with an error that needs no schema's type. */
export type CheckedShape<Data> =
  { readonly success: true; readonly data: Data } | { readonly success: false; readonly error: z.ZodError };

/**
 * Whether a stranger's value has a shape. The library compares the `length` of whatever has one, also of what is no
 * text, and throws when it can't be compared: `{"length":[{"toString":1}]}`. That is a wrong shape like any other.
 */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
): CheckedShape<z.infer<Schema>> {
  try {
    const { data, error } = schema.safeParse(value);
    return error === undefined ? { success: true, data } : { success: false, error };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const issue = { code: 'custom' as const, path: [], message: error.message, input: undefined };
    return { success: false, error: new z.ZodError([issue]) };
  }
}
