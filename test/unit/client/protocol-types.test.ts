import { format } from 'prettier';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { ClientFrame } from '../../../client/frames.ts';
import type { ServerEventData as Written } from '../../../client/protocol.ts';
import type { clientMessage } from '../../../shared/socket-protocol/client-messages.ts';
import type { ServerEventData, ServerEventType } from '../../../shared/socket-protocol/server-events.ts';
import { protocolTypes } from './protocol-types.ts';

describe("the client's types", () => {
  it('are written from the schemas of the server', async () => {
    const settings = { printWidth: 110, singleQuote: true, trailingComma: 'all' } as const;
    const text = await format(protocolTypes(), { parser: 'typescript', ...settings });
    await expect(text).toMatchFileSnapshot('../../../client/protocol.ts');
  });

  it('say what the schemas say', () => {
    expectTypeOf<keyof Written>().toEqualTypeOf<ServerEventType>();
    expectTypeOf<{ [Type in ServerEventType]: ServerEventData<Type> }>().toExtend<Loose<Written>>();
    expectTypeOf<Written>().toExtend<{ [Type in ServerEventType]: DeepReadonly<ServerEventData<Type>> }>();
    expectTypeOf<ClientFrame>().toExtend<z.input<typeof clientMessage>>();
  });
});

/** The schemas' optional fields may be there and undefined, which JSON knows nothing of. */
type Loose<Value> = Value extends readonly (infer Item)[]
  ? readonly Loose<Item>[]
  : Value extends object
    ? { [Key in keyof Value]: Loose<Value[Key]> | (undefined extends Value[Key] ? undefined : never) } & {}
    : Value;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value;
