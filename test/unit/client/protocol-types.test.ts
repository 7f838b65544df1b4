import { format } from 'prettier';
import { expect, it } from 'vitest';
import { protocolTypes } from './protocol-types.ts';

it("the client's types are those of the schemas", async () => {
  const file = '../../../client/protocol.ts';
  const settings = {
    parser: 'typescript',
    printWidth: 110,
    singleQuote: true,
    trailingComma: 'all',
  } as const;
  await expect(await format(protocolTypes(), settings)).toMatchFileSnapshot(file);
});
