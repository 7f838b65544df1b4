import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { cancelMessage } from '../../shared/bus-protocol/cancel.ts';
import { acceptedEvent, chatLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import { chatRequest } from '../../shared/bus-protocol/chat-request.ts';
import { sessionState } from '../../shared/bus-protocol/session-state.ts';
import { clientMessage, parseClientMessage } from '../../shared/socket-protocol/client-messages.ts';
import { serverEventData } from '../../shared/socket-protocol/server-events.ts';
import { parseServerFrame } from '../support/server-frame.ts';
import { examples, type Example } from './protocol-page.ts';

const refusedUpgrade = z.strictObject({
  error: z.strictObject({
    code: z.string().min(1),
    message: z.string().min(1),
    request_id: z.string().optional(),
  }),
});
const payload = z.record(z.string(), z.unknown());

/** What each kind of example must be. */
const CHECKS: Readonly<Record<string, (value: unknown) => void>> = {
  server: (value) => parseServerFrame(JSON.stringify(value)),
  client: (value) => parseClientMessage(value),
  http: (value) => refusedUpgrade.parse(value),
  payload: (value) => payload.parse(value),
  'chat-request': (value) => acceptedEvent.parse(JSON.parse(chatRequest.parse(value).accepted.event)),
  'chat-log': (value) => chatLogEvent.parse(value),
  cancel: (value) => cancelMessage.parse(value),
  'session-state': (value) => sessionState.parse(value),
};

const all = examples('json');
const name = ({ heading, kind }: Example): string => `${heading} (${kind})`;

function typesOf(kind: string): string[] {
  return all
    .filter((example) => example.kind === kind)
    .map(({ text }) => z.object({ type: z.string() }).parse(JSON.parse(text)).type);
}

describe('the JSON examples of PROTOCOL.md', () => {
  it.each(all.map((example) => [name(example), example] as const))('%s', (_, { kind, text }) => {
    const check = CHECKS[kind];
    if (check === undefined) throw new Error(`nobody knows how to read "${kind}"`);
    check(JSON.parse(text));
  });

  it('show every message a client can send', () => {
    const types = clientMessage.options.map((option) => option.shape.type.value);
    expect(new Set(typesOf('client'))).toEqual(new Set(types));
  });

  it('show every event the server sends', () => {
    const types = [...Object.keys(serverEventData), 'investigation_progress'];
    expect(new Set(typesOf('server'))).toEqual(new Set(types));
  });
});
