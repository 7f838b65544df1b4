import { busMessages, operatorMessages, publications, serviceMessages } from './bus-messages.ts';
import { clientMessages } from './client-messages.ts';
import type { DescribedMessage } from './described-message.ts';
import { httpMessages } from './http-messages.ts';
import { serverMessages } from './server-messages.ts';

/** One place where messages go in and out, and which way, seen from the gateway. */
export interface DescribedChannel {
  readonly key: string;
  readonly server: 'sockets' | 'http' | 'broker';
  readonly address: string;
  readonly title: string;
  readonly description: string;
  /** What the gateway sends. */
  readonly sent: readonly DescribedMessage[];
  /** What the gateway receives. */
  readonly received: readonly DescribedMessage[];
  readonly method?: 'GET' | 'POST';
}

export const allMessages: readonly DescribedMessage[] = [
  ...clientMessages,
  ...serverMessages,
  ...Object.values(httpMessages),
  ...busMessages,
];

const named = (names: readonly string[]): readonly DescribedMessage[] =>
  allMessages.filter(({ name }) => names.includes(name));

const investigationEvents = named(['server.anomaly_detected', 'server.investigation_update']);
const investigationSocket = [...named(['server.connection', 'server.heartbeat']), ...investigationEvents];
/** Answers to what a client sent: a stream has none. */
const ANSWERS = ['queued', 'subscribed', 'unsubscribed', 'history', 'authenticated', 'pong'];
const sessionStream = serverMessages.filter(({ title }) => !ANSWERS.includes(title) && title !== 'heartbeat');

const socketsAndStreams: readonly DescribedChannel[] = [
  {
    key: 'chatSocket',
    server: 'sockets',
    address: '/api/v1/ws/chat/{session_id}',
    title: 'A session',
    description: 'Chat, subscriptions to investigations, notifications. Also without `/api/v1`.',
    sent: serverMessages.filter(({ title }) => title !== 'heartbeat'),
    received: clientMessages,
    method: 'GET',
  },
  {
    key: 'investigationSocket',
    server: 'sockets',
    address: '/api/v1/ws/investigations/{investigation_id}',
    title: 'An investigation',
    description: 'One investigation, read only. Also without `/api/v1`.',
    sent: [...investigationSocket, ...named(['server.authenticated', 'server.pong', 'server.error'])],
    received: named(['client.auth', 'client.ping']),
    method: 'GET',
  },
  {
    key: 'chatStream',
    server: 'http',
    address: '/api/v1/sse/chat/{session_id}',
    title: 'A session as Server-Sent Events',
    description:
      'What a socket of the session gets: `event` is the type, `data` the whole envelope, `id` the cursor of events of the session. Also without `/api/v1`.',
    sent: sessionStream,
    received: [],
    method: 'GET',
  },
  {
    key: 'investigationStream',
    server: 'http',
    address: '/api/v1/sse/investigations/{investigation_id}',
    title: 'An investigation as Server-Sent Events',
    description: 'One investigation; `id` is the cursor of its events. Also without `/api/v1`.',
    sent: [...investigationSocket, ...named(['server.error'])],
    received: [],
    method: 'GET',
  },
  {
    key: 'ask',
    server: 'http',
    address: '/api/v1/chat/{session_id}',
    title: 'A question over HTTP',
    description: 'Asks without a socket; the answer comes as events of the session.',
    sent: [httpMessages.asked, httpMessages.refused],
    received: [httpMessages.ask],
    method: 'POST',
  },
];

const subjects: readonly DescribedChannel[] = [
  {
    ...published('anomaly', 'investigation.{investigation_id}.anomaly', [publications.anomaly]),
    title: 'Anomalies of an investigation',
    description: 'For every service.',
  },
  {
    ...published('investigationUpdate', 'investigation.{investigation_id}.{kind}', [
      publications.investigation_update,
    ]),
    title: 'Other events of an investigation',
    description: 'For every service; any kind but `anomaly`.',
  },
  {
    ...published('notification', 'session.{session_id}.notification', [publications.notification]),
    title: 'Notifications of a session',
    description: 'For every service.',
  },
  {
    ...published('revoke', 'control.revoke', [operatorMessages.revoke]),
    title: 'Revocation',
    description: 'For operators.',
  },
  {
    ...published('forget', 'control.forget', [operatorMessages.forget]),
    title: 'Erasure',
    description: 'For operators.',
  },
  {
    ...between('forgotten', 'control.forgotten', serviceMessages.forgotten),
    title: 'Erasures carried out',
    description: 'From gateway to gateway.',
  },
  {
    ...between('chatRequest', 'chat.request.{session_id}.{request_id}', serviceMessages.chat_request),
    received: [],
    title: 'The work queue',
    description: 'From gateways to one worker each.',
  },
  {
    ...between('chatLog', 'session.{session_id}.chat.{request_id}', serviceMessages.chat_log),
    title: 'The log of a chat',
    description: 'The gateway writes the first event, the worker the rest.',
  },
  {
    ...between('cancel', 'session.{session_id}.cancel.{request_id}', serviceMessages.cancel),
    received: [],
    title: 'Cancels of a chat',
    description: 'From gateways to whichever worker has the chat.',
  },
  {
    ...between('sessionState', 'state.session.{session_id}', serviceMessages.session_state),
    title: 'The record of a session',
    description: 'Owner, subscriptions, recent chats.',
  },
  {
    ...between('alive', 'internal.alive.{gateway_id}', serviceMessages.alive),
    title: 'Signs of life of gateways',
    description: 'From gateway to gateway, not stored.',
  },
  {
    ...between('presence', 'internal.presence.{gateway_id}', serviceMessages.presence),
    title: 'Presence',
    description: 'From gateway to gateway, not stored.',
  },
];

/** Everything, in the order it is shown. */
export const describedChannels: readonly DescribedChannel[] = [...socketsAndStreams, ...subjects];

function published(key: string, address: string, received: readonly DescribedMessage[]) {
  return { key, server: 'broker', address, received, sent: [] } as const;
}

function between(key: string, address: string, message: DescribedMessage) {
  return { key, server: 'broker', address, received: [message], sent: [message] } as const;
}
