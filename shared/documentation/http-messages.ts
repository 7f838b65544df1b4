import { z } from 'zod';
import { askBody } from '../socket-protocol/client-messages.ts';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';
import type { DescribedMessage } from './described-message.ts';
import { jsonSchemaOf } from './json-schema.ts';

const askAccepted = z.object({ request_id: z.string().regex(IDENTIFIER) });
const refusal = z.object({
  error: z.object({ code: z.string(), message: z.string(), request_id: z.string().optional() }),
});

export const httpMessages = {
  ask: {
    name: 'http.ask',
    title: 'a question',
    summary: 'The body of a POST: what the `data` of a `chat` has, and its `id` beside it.',
    schema: jsonSchemaOf(askBody),
    example: { message: 'Há anomalias na INV-1?', id: 'msg_1' },
  },
  asked: {
    name: 'http.asked',
    title: '202',
    summary: 'The chat is accepted; its answer comes as events of the session.',
    schema: jsonSchemaOf(askAccepted),
    example: { request_id: 'msg_1' },
  },
  refused: {
    name: 'http.refused',
    title: '4xx, 5xx',
    summary: 'Why a request or an upgrade is refused. 429 and 503 come with Retry-After.',
    schema: jsonSchemaOf(refusal),
    example: { error: { code: 'INVALID_ID', message: 'Identificador inválido' } },
  },
} as const satisfies Readonly<Record<string, DescribedMessage>>;
