import { clientMessage, type ClientMessageType } from '../socket-protocol/client-messages.ts';
import type { DescribedMessage } from './described-message.ts';
import { jsonSchemaOf } from './json-schema.ts';

const DESCRIPTIONS: Readonly<
  Record<ClientMessageType, { readonly summary: string; readonly example: object }>
> = {
  chat: {
    summary: 'A question. The same `id` in the same session is one chat, however often it is sent.',
    example: { type: 'chat', data: { message: 'Há anomalias na INV-1?', agent_id: 'zumbi' }, id: 'msg_1' },
  },
  cancel: {
    summary: 'Ends a chat that runs in the session or waits on this socket.',
    example: { type: 'cancel', data: { request_id: 'msg_1' } },
  },
  subscribe: {
    summary: 'Subscribes the session to an investigation, from `since` on.',
    example: { type: 'subscribe', data: { investigation_id: 'INV-1', since: '5XvBkrrgAQAG' } },
  },
  unsubscribe: {
    summary: 'Ends the subscription of the whole session.',
    example: { type: 'unsubscribe', data: { investigation_id: 'INV-1' } },
  },
  history: {
    summary: 'Asks for a page of what was said.',
    example: { type: 'history', data: { limit: 20 } },
  },
  auth: {
    summary: 'Renews the token of this socket, or gives it one.',
    example: { type: 'auth', data: { token: 'eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl' } },
  },
  ping: { summary: 'Is answered by `pong`.', example: { type: 'ping' } },
};

/** Every message that a client may send. */
export const clientMessages: readonly DescribedMessage[] = clientMessage.options.map((option) => {
  const type = option.shape.type.value;
  return { name: `client.${type}`, title: type, ...DESCRIPTIONS[type], schema: jsonSchemaOf(option) };
});
