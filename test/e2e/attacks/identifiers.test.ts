import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isIdentifier } from '../../../shared/socket-protocol/identifiers.ts';
import { unsharded } from '../../../shared/bus-protocol/session-shards.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { BrokerMessage } from '../../support/publisher.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { System } from '../../support/system.ts';
import { CANARY, HOSTILE_IDS, NO_STRINGS, ODD_IDS, wellFormed } from './hostile-ids.ts';

let system: System;
/** Every message the broker passes on, the services' questions to JetStream too. */
let heard: readonly BrokerMessage[];
let socket: SocketClient;
beforeAll(async () => {
  system = await System.start({ environment: { MAX_ERRORS: '100000' } });
  heard = await system.publisher.listen('>');
  socket = await system.openChat(freshId('s'));
});
afterAll(async () => {
  await socket.cut();
  await system[Symbol.asyncDispose]();
});

const port = (): number => system.gateways[0]?.port ?? 0;

async function errorFor(message: object): Promise<string> {
  socket.send(message);
  return String((await socket.next('error')).data['code']);
}

/** Bytes an HTTP request line can't hold end the request there, or the connection. */
async function statusOf(path: string): Promise<number> {
  try {
    return (await rawUpgrade(port(), path)).status;
  } catch (error) {
    if (error instanceof Error && /^ended after|ECONNRESET/.test(error.message)) return 400;
    throw error;
  }
}

describe('an id in the path of an upgrade', () => {
  const paths = ['/ws/chat/', '/api/v1/ws/chat/', '/ws/investigations/', '/api/v1/ws/investigations/'];
  it.each(HOSTILE_IDS)('that is %s is refused, raw and encoded', async (_name, id) => {
    for (const path of paths) {
      const encoded = await statusOf(`${path}${encodeURIComponent(wellFormed(id))}`);
      expect(encoded).toBe(400);
      const raw = await statusOf(`${path}${id}`);
      // What ends the path or the line leaves an id, or no request at all (505).
      if (id.includes('?')) expect(raw).toBe(101);
      else if (/[\s\0]/.test(id)) expect([400, 505]).toContain(raw);
      else expect(raw).toBe(400);
    }
  });

  it.each(ODD_IDS)('that is %s is one like any other', async (id) => {
    await using one = await system.openChat(id);
    await using other = await system.openChat(`${id.slice(0, 100)}x`);
    one.send({ type: 'chat', id, data: { message: 'Olá!' } });
    const { data } = await one.nextWhere(({ type }) => type === 'chat_complete');
    expect(data['request_id']).toBe(id);
    const elsewhere = await other.untilPong();
    expect(elsewhere).toEqual([]);
    await using investigating = await system.openInvestigation(id);
    await system.publisher.store(`investigation.${id}.${id}`, { a: 1 });
    expect((await investigating.next(`investigation_${id}`)).data['update_type']).toBe(id);
  });
});

describe.each([
  ['cancel', 'request_id'],
  ['subscribe', 'investigation_id'],
  ['unsubscribe', 'investigation_id'],
])('the id in a %s', (type, field) => {
  it.each(HOSTILE_IDS)('that is %s is refused', async (_name, id) => {
    expect(await errorFor({ type, data: { [field]: id } })).toBe('INVALID_ID');
  });

  it.each(NO_STRINGS)('that is %s is refused', async (_name, value) => {
    expect(await errorFor({ type, data: { [field]: value } })).toBe('INVALID_MESSAGE');
  });

  it('that is missing is refused, wherever else it stands', async () => {
    expect(await errorFor({ type })).toBe('INVALID_MESSAGE');
    expect(await errorFor({ type, data: {} })).toBe('INVALID_MESSAGE');
    expect(await errorFor({ type, data: null })).toBe('INVALID_MESSAGE');
    expect(await errorFor({ type, [field]: 'a' })).toBe('INVALID_MESSAGE');
    const inherited: unknown = JSON.parse(`{"__proto__":{"${field}":"a"}}`);
    expect(await errorFor({ type, data: inherited })).toBe('INVALID_MESSAGE');
  });
});

describe('the id of a chat', () => {
  const free = HOSTILE_IDS.filter(([, id]) => id.length > 0 && id.length <= 256);
  it.each(free)('that is %s is never a subject: an identifier is made of it', async (_name, id) => {
    await using asking = await system.openChat(freshId('s'));
    asking.send({ type: 'chat', id, data: { message: 'Olá!' } });
    const { data } = await asking.next('chat_accepted');
    expect(isIdentifier(data['request_id'])).toBe(true);
    expect(data['request_id']).not.toContain(CANARY);
    await asking.next('chat_complete');
    asking.send({ type: 'chat', id, data: { message: 'Olá!' } });
    expect((await asking.next('chat_accepted')).data).toMatchObject({
      request_id: data['request_id'],
      duplicate: true,
    });
  });

  it.each<readonly [string, unknown]>([
    ['nothing', ''],
    ['257 characters', 'a'.repeat(257)],
    ['far too many', 'a'.repeat(10_000)],
    ...NO_STRINGS,
  ])('that is %s is refused', async (_name, id) => {
    expect(await errorFor({ type: 'chat', id, data: { message: 'Olá!' } })).toBe('INVALID_MESSAGE');
  });
});

describe('the agent of a chat', () => {
  it.each(HOSTILE_IDS.filter(([, id]) => id.length <= 128))(
    'that is %s changes nothing',
    async (_name, id) => {
      await using asking = await system.openChat(freshId('s'));
      asking.send({ type: 'chat', data: { message: 'Olá!', agent_id: id } });
      expect((await asking.next('chat_complete')).data['status']).toBe('completed');
    },
  );
});

describe('a publisher’s subject', () => {
  // What a NATS client lets through: no spaces, no line ends.
  it.each(
    HOSTILE_IDS.filter(([, id]) => id !== '' && !/[\s\0.*>]/.test(id)).map(([name, id]) => [
      name,
      wellFormed(id),
    ]),
  )('with %s for an id reaches nobody and harms nothing', async (_name, id) => {
    const investigation = freshId('INV');
    await using reader = await system.openInvestigation(investigation);
    system.publisher.publish(`investigation.${id}.progress`, { from: 'id' });
    system.publisher.publish(`investigation.${investigation}.${id}`, { from: 'kind' });
    system.publisher.publish(`session.${id}.notification`, { from: 'session' });
    await system.publisher.store(`investigation.${investigation}.progress`, { from: 'good' });
    const seen = await reader.until(({ data }) => data['from'] === 'good');
    expect(seen).toHaveLength(1);
  });
});

describe('after all of this', () => {
  it('nothing hostile has become a subject', async () => {
    await system.publisher.flush();
    const published = (subject: string): boolean => /^(live\.)?(investigation|session)\./.test(subject);
    const subjects = heard
      .map(({ subject }) => unsharded(subject))
      .filter((subject) => subject.includes(CANARY));
    // The test's own, as a publisher, and what the broker made of them.
    expect(subjects.filter((subject) => !published(subject))).toEqual([]);
    expect(heard.length).toBeGreaterThan(1_000);
  });

  it('no object has what it had not', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['request_id']).toBeUndefined();
    expect(({} as Record<string, unknown>)['length']).toBeUndefined();
  });

  it('the socket that sent it all is still served', async () => {
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    await socket.next('chat_complete');
  });
});
