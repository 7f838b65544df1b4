import type { z } from 'zod';
import { cancelMessage } from '../bus-protocol/cancel.ts';
import { chatLogEvent } from '../bus-protocol/chat-log.ts';
import { chatRequest } from '../bus-protocol/chat-request.ts';
import { forgetMessage, forgottenMessage, revokeMessage } from '../bus-protocol/control.ts';
import { aliveMessage, presenceMessage } from '../bus-protocol/presence.ts';
import {
  anomalyPayload,
  investigationUpdatePayload,
  notificationPayload,
} from '../bus-protocol/publications.ts';
import { sessionState } from '../bus-protocol/session-state.ts';
import type { DescribedMessage } from './described-message.ts';
import { jsonSchemaOf } from './json-schema.ts';

function message(name: string, schema: z.ZodType, summary: string, example: object): DescribedMessage {
  return {
    name: `bus.${name}`,
    title: name.replaceAll('_', ' '),
    summary,
    schema: jsonSchemaOf(schema),
    example,
  };
}

const accepted =
  '{"type":"chat_accepted","data":{"request_id":"msg_1","role":"user","message":"Olá"},' +
  '"timestamp":"2026-01-31T12:00:01.000Z","id":"f7fe8d46-51c2-48f2-9d0e-067d987eadc4"}';

/** What other services may publish. */
export const publications = {
  anomaly: message(
    'anomaly',
    anomalyPayload,
    'Becomes `anomaly_detected`. At most 256 KiB, as every publication.',
    { severity: 'high', description: 'Preço 340% acima da mediana', supplier: 'ACME', amount: 1250000.5 },
  ),
  investigation_update: message(
    'investigation_update',
    investigationUpdatePayload,
    'Becomes `investigation_<kind>`: `progress`, `finding`, `report`, … any kind.',
    { percent: 40, stage: 'contratos' },
  ),
  notification: message(
    'notification',
    notificationPayload,
    'Becomes `notification` on every socket of the session.',
    { title: 'Relatório pronto', report_id: 17 },
  ),
};

/** What operators may publish. */
export const operatorMessages = {
  revoke: message(
    'revoke',
    revokeMessage,
    'Tokens stay refused, or the sockets of a session are closed once.',
    {
      sub: 'maria',
    },
  ),
  forget: message(
    'forget',
    forgetMessage,
    'Everything stored of a session, or of all sessions of a `sub`, is erased.',
    {
      session_id: 's-1',
    },
  ),
};

/** What stays between the services. */
export const serviceMessages = {
  chat_request: message('chat_request', chatRequest, 'One item of the work queue.', {
    accepted: { message_id: 's-1:msg_1:2f9e0d64-91f6-4a2b-8f61-3d1b9a0c5e77', event: accepted },
    asker: { sub: 'maria', investigations: ['INV-1'] },
    subscriptions: ['INV-1'],
  }),
  chat_log: message(
    'chat_log',
    chatLogEvent,
    'The log of one chat: the events clients get, without channel and cursor, and those between workers.',
    { type: 'claim', data: { attempt: 1, worker: 'host-4711-Zk3XyQ', item: 12, as_of: 430 } },
  ),
  cancel: message('cancel', cancelMessage, 'The wish to end a chat.', {
    requested_at: '2026-01-31T12:00:04.000Z',
  }),
  session_state: message('session_state', sessionState, "A session's record.", {
    owner: 'maria',
    subscriptions: [{ investigation_id: 'INV-1', cursor: '9aQ2LmZxAQAq' }],
    chats: [['msg_1', 41]],
    seen_at: 1769860800000,
  }),
  forgotten: message('forgotten', forgottenMessage, 'An erasure was carried out.', {
    forget: 3,
    sessions: 1,
  }),
  alive: message('alive', aliveMessage, "A gateway's sign of life, every 500 ms. Not stored.", {
    sequence: 12,
    sessions: 340,
  }),
  presence: message('presence', presenceMessage, 'Who is in which sessions on a gateway. Not stored.', {
    sequence: 12,
    sessions: [{ session: 's-1', participants: [{ user: null, connections: 1 }], ask: true }],
  }),
};

export const busMessages: readonly DescribedMessage[] = [
  ...Object.values(publications),
  ...Object.values(operatorMessages),
  ...Object.values(serviceMessages),
];
