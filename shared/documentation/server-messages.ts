import { z } from 'zod';
import { IDENTIFIER } from '../socket-protocol/identifiers.ts';
import { serverEventData, type ServerEventType } from '../socket-protocol/server-events.ts';
import type { DescribedMessage } from './described-message.ts';
import { jsonSchemaOf } from './json-schema.ts';

/** Whether events of a type have a place in a channel. */
type Place = 'always' | 'sometimes' | 'never';

interface Description {
  readonly summary: string;
  readonly place: Place;
  readonly example: object;
}

const TIMESTAMP = '2026-01-31T12:00:00.000Z';
const ID = '6bb27e9d-9637-412b-81e6-08e54a5255b8';
const CURSOR = '5XvBkrrgAQAG';
const MARIA = { id: 'maria', name: 'Maria' };
const ANSWER = { request_id: 'msg_1', agent_id: 'zumbi', agent_name: 'Zumbi dos Palmares' };

const DESCRIPTIONS: Readonly<Record<ServerEventType, Description>> = {
  connection: {
    summary: 'The welcome, first on every socket and stream. `cursor` is where it starts.',
    place: 'never',
    example: {
      status: 'connected',
      session_id: 's-1',
      message: 'Conectado ao Cidadão.AI em tempo real',
      cursor: CURSOR,
      recovered: true,
    },
  },
  chat_accepted: {
    summary: 'The chat is stored and will end. `duplicate` marks the answer to a repeat.',
    place: 'sometimes',
    example: { request_id: 'msg_1', role: 'user', message: 'Há anomalias na INV-1?', user: MARIA },
  },
  typing: {
    summary: 'Somebody works on the answer. Never replayed.',
    place: 'never',
    example: { agent: 'processing', isTyping: true, request_id: 'msg_1' },
  },
  chat: {
    summary: 'A piece of the answer. `chunk_index` counts from 0 without holes.',
    place: 'always',
    example: { role: 'assistant', content: 'Sim: ', ...ANSWER, chunk: true, chunk_index: 0 },
  },
  chat_restart: {
    summary: 'The answer begins again: drop the pieces so far.',
    place: 'always',
    example: { request_id: 'msg_1', attempt: 2 },
  },
  chat_complete: {
    summary: 'The end of a chat, with the whole text.',
    place: 'sometimes',
    example: { status: 'completed', ...ANSWER, content: 'Sim: uma anomalia grave.', is_complete: true },
  },
  error: {
    summary: 'Something is wrong with a message, a chat failed, or a stream ends.',
    place: 'sometimes',
    example: {
      code: 'RATE_LIMIT',
      message: 'Muitas mensagens. Aguarde 2 segundos.',
      retryable: true,
      retry_after_ms: 1_850,
    },
  },
  queued: {
    summary: 'The chat waits on this socket; position 1 is the next.',
    place: 'never',
    example: { request_id: 'msg_2', position: 1 },
  },
  subscribed: {
    summary: 'The session is subscribed; on this socket the channel starts at `cursor`.',
    place: 'never',
    example: {
      investigation_id: 'INV-1',
      message: 'Inscrito para atualizações da investigação INV-1',
      cursor: CURSOR,
    },
  },
  unsubscribed: {
    summary: 'The session is no longer subscribed.',
    place: 'never',
    example: { investigation_id: 'INV-1' },
  },
  anomaly_detected: {
    summary: 'Another service found an anomaly. `details` is all it published.',
    place: 'always',
    example: {
      investigation_id: 'INV-1',
      severity: 'high',
      description: 'Preço 340% acima da mediana',
      details: { severity: 'high', description: 'Preço 340% acima da mediana', supplier: 'ACME' },
    },
  },
  notification: {
    summary: 'Another service has something for the session; the fields are its own.',
    place: 'always',
    example: { title: 'Relatório pronto', report_id: 17 },
  },
  presence: {
    summary: 'Who is in the session now; `null` stands for all without a token together.',
    place: 'never',
    example: {
      participants: [
        { user: MARIA, connections: 2 },
        { user: null, connections: 1 },
      ],
      joined: [MARIA],
    },
  },
  heartbeat: {
    summary: 'A sign of life on sockets and streams of investigations.',
    place: 'never',
    example: { investigation_id: 'INV-1' },
  },
  history: {
    summary: 'A page of what was said, oldest first, without the pieces.',
    place: 'never',
    example: {
      events: [
        {
          type: 'chat_accepted',
          data: { request_id: 'msg_1', role: 'user', message: 'Olá' },
          timestamp: TIMESTAMP,
          id: ID,
        },
      ],
      before: CURSOR,
      more: false,
    },
  },
  authenticated: {
    summary: 'The token of this socket was renewed.',
    place: 'never',
    example: { expires_at: '2026-01-31T13:00:00.000Z' },
  },
  pong: { summary: 'The answer to `ping`.', place: 'never', example: {} },
};

const TYPES = Object.keys(DESCRIPTIONS) as readonly ServerEventType[];

/** Every event that a client may get. */
export const serverMessages: readonly DescribedMessage[] = [
  ...TYPES.map((type) => {
    const { summary, place, example } = DESCRIPTIONS[type];
    return {
      name: `server.${type}`,
      title: type,
      summary,
      schema: jsonSchemaOf(envelope(z.literal(type), serverEventData[type], place)),
      example: exampleOf(type, example, place === 'always' ? channelOf(type) : undefined),
    };
  }),
  {
    name: 'server.investigation_update',
    title: 'investigation_<kind>',
    summary: 'Another service says something of an investigation; every other field is its own.',
    schema: jsonSchemaOf(
      envelope(
        z.string().regex(/^investigation_[A-Za-z0-9_-]{1,128}$/),
        z.looseObject({
          investigation_id: z.string().regex(IDENTIFIER),
          update_type: z.string().regex(IDENTIFIER),
        }),
        'always',
      ),
    ),
    example: exampleOf(
      'investigation_progress',
      { percent: 40, stage: 'contratos', investigation_id: 'INV-1', update_type: 'progress' },
      'investigation.INV-1',
    ),
  },
];

function envelope(type: z.ZodType, data: z.ZodType, place: Place): z.ZodType {
  const base = { type, data, timestamp: z.iso.datetime(), id: z.string() };
  if (place === 'never') return z.object(base);
  const channel = z.string().regex(/^(session|investigation\.[A-Za-z0-9_-]{1,128})$/);
  const cursor = z.string().min(1).max(512);
  return place === 'always'
    ? z.object({ ...base, channel, cursor })
    : z.object({ ...base, channel: channel.optional(), cursor: cursor.optional() });
}

function channelOf(type: ServerEventType): string {
  return type === 'anomaly_detected' ? 'investigation.INV-1' : 'session';
}

function exampleOf(type: string, data: object, channel: string | undefined): object {
  const place = channel === undefined ? {} : { channel, cursor: CURSOR };
  return { type, data, timestamp: TIMESTAMP, id: ID, ...place };
}
