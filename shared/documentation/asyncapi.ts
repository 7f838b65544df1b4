import { z } from 'zod';
import type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiMessage,
  AsyncApiOperation,
  Reference,
} from './asyncapi-document.ts';
import { allMessages, describedChannels, type DescribedChannel } from './channels.ts';
import type { DescribedMessage } from './described-message.ts';
import { jsonSchemaOf } from './json-schema.ts';

const DESCRIPTION = `Answers of Cidadão.AI in real time, seen from the gateway: what it sends and receives over WebSocket, over HTTP, and on NATS subjects.

Durable events carry \`channel\` and \`cursor\`: give the last cursor back as \`since\` and go on from there, on any gateway, over either transport. PROTOCOL.md says what every message means.`;

const PARAMETERS: Readonly<Record<string, string>> = {
  session_id: 'A conversation: `^[A-Za-z0-9_-]{1,128}$`, as all identifiers.',
  investigation_id: 'An investigation.',
  request_id: 'A chat.',
  kind: '`progress`, `finding`, `report`, … any identifier.',
  gateway_id: 'A gateway process.',
};

const query = jsonSchemaOf(
  z.object({
    token: z.string().optional().meta({ description: 'A JWT; empty is the same as none.' }),
    since: z
      .string()
      .max(512)
      .optional()
      .meta({ description: 'A cursor: every later event is sent, then live ones.' }),
  }),
);

const busHeaders = jsonSchemaOf(
  z.object({
    traceparent: z.string().optional().meta({ description: 'W3C trace context.' }),
    tracestate: z.string().optional(),
    'Nats-Msg-Id': z
      .string()
      .optional()
      .meta({ description: 'The same at every try of the same message: it is stored once.' }),
  }),
);

/** Both wires as one AsyncAPI document, made of the schemas that the services check messages with. */
export function asyncApiDocument(): AsyncApiDocument {
  return {
    asyncapi: '3.0.0',
    id: 'urn:cidadao-ai:realtime',
    info: {
      title: 'Cidadão.AI realtime',
      version: '1.0.0',
      description: DESCRIPTION,
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      sockets: server('localhost:8000', 'ws', 'A gateway, over WebSocket.'),
      http: server('localhost:8000', 'http', 'The same gateway, over plain HTTP.'),
      broker: { host: 'localhost:4222', protocol: 'nats', description: 'NATS with JetStream.' },
    },
    channels: Object.fromEntries(describedChannels.map((channel) => [channel.key, channelOf(channel)])),
    operations: Object.fromEntries(describedChannels.flatMap(operationsOf)),
    components: {
      messages: Object.fromEntries(allMessages.map((message) => [message.name, messageOf(message)])),
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
        token: { type: 'httpApiKey', name: 'token', in: 'query' },
      },
    },
  };
}

function server(host: string, protocol: string, description: string) {
  const security = ['bearer', 'token'].map((name) => ({ $ref: `#/components/securitySchemes/${name}` }));
  return {
    host,
    protocol,
    description: `${description} Tokens are optional unless AUTH_MODE says so.`,
    security,
  };
}

function channelOf(channel: DescribedChannel): AsyncApiChannel {
  const { address, title, description } = channel;
  const names = [...address.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const parameters = names.map((name) => [name, { description: PARAMETERS[name] ?? name }] as const);
  const messages = new Set([...channel.sent, ...channel.received]);
  return {
    address,
    title,
    description,
    servers: [{ $ref: `#/servers/${channel.server}` }],
    ...(parameters.length > 0 ? { parameters: Object.fromEntries(parameters) } : {}),
    messages: Object.fromEntries(
      [...messages].map(({ name }) => [name, { $ref: `#/components/messages/${name}` }]),
    ),
    ...(channel.server === 'sockets' ? { bindings: { ws: { method: 'GET', query } } } : {}),
  };
}

function operationsOf(channel: DescribedChannel): readonly (readonly [string, AsyncApiOperation])[] {
  const of = (action: 'send' | 'receive', messages: readonly DescribedMessage[]) => {
    const name = `${action}${channel.key.charAt(0).toUpperCase()}${channel.key.slice(1)}`;
    const operation: AsyncApiOperation = {
      action,
      channel: { $ref: `#/channels/${channel.key}` },
      summary: `${action === 'send' ? 'Sent' : 'Received'} by the gateway.`,
      messages: messages.map((message) => inChannel(channel, message)),
      ...(channel.server === 'http' && channel.method !== undefined
        ? { bindings: { http: { method: channel.method, query } } }
        : {}),
    };
    return [name, operation] as const;
  };
  return [
    ...(channel.sent.length > 0 ? [of('send', channel.sent)] : []),
    ...(channel.received.length > 0 ? [of('receive', channel.received)] : []),
  ];
}

function inChannel({ key }: DescribedChannel, { name }: DescribedMessage): Reference {
  return { $ref: `#/channels/${key}/messages/${name}` };
}

function messageOf({ name, title, summary, schema, example }: DescribedMessage): AsyncApiMessage {
  return {
    name,
    title,
    summary,
    contentType: 'application/json',
    ...(name.startsWith('bus.') ? { headers: busHeaders } : {}),
    payload: schema,
    examples: [{ payload: example }],
  };
}
