import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../support/fresh-id.ts';
import { OriginalClient, type OriginalMessage } from '../support/original-client.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

/** Five seconds become 50 milliseconds. */
const TIME_SCALE = 0.01;

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, environment: { JWT_SECRET: USER_TOKEN_SECRET } });
});
afterAll(() => system[Symbol.asyncDispose]());

function clientOf(
  gateway: () => number,
  more: { token?: string; pingIntervalMs?: number } = {},
): OriginalClient {
  return new OriginalClient({
    server: () => system.gateways[gateway()]?.url ?? '',
    sessionId: freshId('s'),
    timeScale: TIME_SCALE,
    ...more,
  });
}

function ofType(type: string): (message: OriginalMessage) => boolean {
  return (message) => message.type === type;
}

describe('the original client', () => {
  it('is welcomed and gets a whole chat', async () => {
    await using client = clientOf(() => 0);
    expect((await client.message(ofType('connection'))).data).toMatchObject({
      status: 'connected',
      message: 'Conectado ao Cidadão.AI em tempo real',
    });
    const id = client.chat('Olá', { page: '/dashboard' });
    const end = await client.message(ofType('chat_complete'));
    const types = client.messages.map(({ type }) => type).filter((type) => type !== 'presence');
    expect(types.slice(0, 3)).toEqual(['connection', 'chat_accepted', 'typing']);
    const chunks = client.messages.filter(ofType('chat'));
    expect(chunks.length).toBeGreaterThan(0);
    for (const { data } of chunks) {
      expect(data).toMatchObject({ role: 'assistant', chunk: true });
      expect(typeof data['agent_id']).toBe('string');
      expect(typeof data['agent_name']).toBe('string');
    }
    expect(client.messages.find(ofType('typing'))?.data).toMatchObject({
      agent: 'processing',
      isTyping: true,
    });
    expect(chunks.map(({ data }) => data['content']).join('')).toBe(end.data['content']);
    expect(end.data).toMatchObject({ status: 'completed', request_id: id, is_complete: true });
  });

  it('keeps its connection alive with pings that have no data', async () => {
    await using client = clientOf(() => 0, { pingIntervalMs: 50 });
    await client.until(({ messages }) => messages.filter(ofType('pong')).length >= 3);
    expect(client.messages.some(ofType('error'))).toBe(false);
    expect(client.ends).toEqual([]);
  });

  it('is known by its token', async () => {
    await using client = clientOf(() => 0, { token: userToken({ sub: 'maria', name: 'Maria' }) });
    await client.message(ofType('connection'));
    client.chat('Olá');
    expect((await client.message(ofType('chat_accepted'))).data['user']).toEqual({
      id: 'maria',
      name: 'Maria',
    });
    await client.message(ofType('chat_complete'));
  });

  it('is not called back after what it must not come back for', async () => {
    await using bad = clientOf(() => 0, { token: 'x' });
    await bad.until(({ ends }) => ends.length > 0);
    await using big = clientOf(() => 0);
    await big.message(ofType('connection'));
    big.raw('x'.repeat(65_537));
    await big.until(({ ends }) => ends.length > 0);
    expect([...bad.ends, ...big.ends]).toEqual([
      { code: 1008, wasClean: true },
      { code: 1009, wasClean: true },
    ]);
    expect([bad.isReturning, big.isReturning]).toEqual([false, false]);
  });
});

describe('when its gateway goes away', () => {
  it('it is cut, comes back to another gateway, and gets its alerts without subscribing again', async () => {
    const leavingIndex = system.gateways.length;
    const leaving = await system.addGateway();
    let answering = leavingIndex;
    const investigation = freshId('INV');
    await using client = clientOf(() => answering);
    await client.message(ofType('connection'));
    client.subscribe(investigation);
    await client.message(ofType('subscribed'));
    await using knowing = await system.openChat(freshId('s'), { gateway: leavingIndex });

    answering = 1;
    await leaving.drain();
    expect(await knowing.closed).toEqual({ code: 1001, reason: 'Going away' });
    await client.until(({ connections, messages }) => {
      return connections === 2 && messages.filter(ofType('connection')).length === 2;
    });
    expect(client.ends).toEqual([{ code: 1006, wasClean: false }]);

    await system.publisher.store(`investigation.${investigation}.anomaly`, { severity: 'high' });
    expect((await client.message(ofType('anomaly_detected'))).data).toMatchObject({
      investigation_id: investigation,
      severity: 'high',
    });
    expect(client.messages.filter(ofType('subscribed'))).toHaveLength(1);
    client.chat('Olá de novo');
    await client.message(ofType('chat_complete'));
  });

  it('in the middle of an answer, it gets the rest of it after it came back', async () => {
    await using own = await System.start({ environment: { LOCAL_AGENT_DELAY_MS: '40' } });
    await own.addGateway();
    let answering = 0;
    await using client = new OriginalClient({
      server: () => own.gateways[answering]?.url ?? '',
      sessionId: freshId('s'),
      timeScale: TIME_SCALE,
    });
    await client.message(ofType('connection'));
    client.chat('Quem é você e o que você sabe fazer?');
    await client.message(ofType('chat'));
    answering = 1;
    await own.gateways[0]?.drain();
    await client.until(({ connections }) => connections === 2);
    const end = await client.message(ofType('chat_complete'));
    expect(end.data).toMatchObject({ status: 'completed', is_complete: true });
    expect(String(end.data['content']).length).toBeGreaterThan(0);
  });
});
