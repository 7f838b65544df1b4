import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { connect, type ConnectOptions, type Session, type Subscription } from '../../client/index.ts';
import { CuttingProxy } from '../support/cutting-proxy.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { fixedAgent } from '../support/scripted-agent.ts';
import { SeededRandom } from '../support/seeded-random.ts';
import { System } from '../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../support/user-token.ts';

/** Its last event, with the whole text, has to fit between two cuts. */
const PIECES = Array.from({ length: 100 }, (_, index) => `parte ${index}, `);
const WHOLE = PIECES.join('');
const MIN_CUTS = 60;
const LONG_MS = 120_000;

let system: System;
const open: Disposable[] = [];
beforeAll(async () => {
  system = await System.start({
    gateways: 2,
    workers: 2,
    agent: fixedAgent(PIECES),
    environment: { JWT_SECRET: USER_TOKEN_SECRET },
  });
});
afterEach(() => {
  for (const session of open.splice(0)) session[Symbol.dispose]();
});
afterAll(() => system[Symbol.asyncDispose]());

function session(options: Partial<ConnectOptions> = {}): Session {
  const opened = connect({
    url: system.gateways[0]?.url ?? '',
    sessionId: freshId('client'),
    WebSocket,
    backoff: { baseMs: 5, maxMs: 50 },
    ...options,
  });
  open.push(opened);
  return opened;
}

function proxy(seed: number, maxBytes: number): Promise<CuttingProxy> {
  return CuttingProxy.start({
    random: new SeededRandom(seed),
    targets: () => system.gateways.map(({ port }) => port),
    maxBytes,
  });
}

/** What a reader of the chunks has in the end, and how many pieces it came in. */
async function read(
  chat: AsyncIterable<{ delta: string; text: string; restarted: boolean }>,
  onPiece: (soFar: string) => void = () => undefined,
): Promise<{ text: string; pieces: number }> {
  let text = '';
  let pieces = 0;
  for await (const chunk of chat) {
    expect(chunk.restarted).toBe(false);
    text += chunk.delta;
    pieces += 1;
    expect(chunk.text).toBe(text);
    onPiece(text);
  }
  return { text, pieces };
}

describe('five lines', () => {
  it('ask and show the answer as it comes', async () => {
    const agent = new PuppetAgent();
    await using slow = await System.start({ agent });
    const client = session({ url: slow.gateways[0]?.url ?? '' });
    const chat = client.chat('Conte tudo');
    const call = await agent.call('Conte tudo');
    const half = WHOLE.length / 2;
    call.say(WHOLE.slice(0, half));
    // The rest is not said before the reader has the first half.
    const { text, pieces } = await read(chat, (soFar) => {
      if (soFar !== WHOLE.slice(0, half)) return;
      call.say(WHOLE.slice(half));
      call.end();
    });
    expect(text).toBe(WHOLE);
    expect(pieces).toBeGreaterThan(1);
    expect(await chat.result).toMatchObject({ status: 'completed', text: WHOLE, agentId: 'drummond' });
    expect(client.roundTripMs).toBeGreaterThan(0);
    const { events, more } = await client.history();
    expect(events.map(({ type }) => type)).toEqual(['chat_accepted', 'chat_complete']);
    expect(more).toBe(false);
  });
});

describe('through a network that fails', () => {
  it(
    `every answer is whole, nothing doubled or lost, over ${MIN_CUTS} cuts`,
    async () => {
      await using network = await proxy(2026, 8_000);
      const client = session({ url: network.url });
      const gaps: unknown[] = [];
      client.on('gap', (gap) => gaps.push(gap));
      let chats = 0;
      while (network.cuts < MIN_CUTS) {
        const chat = client.chat(`Pergunta ${chats}`);
        const { text } = await read(chat);
        const result = await chat.result;
        expect(text).toBe(WHOLE);
        expect(result.text).toBe(WHOLE);
        chats += 1;
      }
      expect(gaps).toEqual([]);
      network.isCutting = false;
      const { events } = await client.history({ limit: 200 });
      expect(events.filter(({ type }) => type === 'chat_accepted')).toHaveLength(chats);
      expect(client.chats.every(({ status }) => status === 'completed')).toBe(true);
    },
    LONG_MS,
  );

  it(
    'a queue of questions is accepted once each and in its order',
    async () => {
      await using network = await proxy(7, 6_000);
      const client = session({ url: network.url });
      const questions = Array.from({ length: 12 }, (_, index) => `Pergunta ${index}`);
      const chats = questions.map((question) => client.chat(question));
      expect(await Promise.all(chats.map(async (chat) => (await read(chat)).text))).toEqual(
        questions.map(() => WHOLE),
      );
      network.isCutting = false;
      const { events } = await client.history({ limit: 200 });
      const accepted = events.filter((event) => event.type === 'chat_accepted');
      expect(accepted.map(({ data }) => data.message)).toEqual(questions);
      expect(network.cuts).toBeGreaterThan(10);
    },
    LONG_MS,
  );

  it(
    'an investigation is read once and in order by a slow reader, too',
    async () => {
      await using network = await proxy(11, 8_000);
      const client = session({ url: network.url });
      const investigation = freshId('INV');
      const [fast, slow] = [client.subscribe(investigation), client.subscribe(investigation, { limit: 20 })];
      await live(client, fast);
      const count = 300;
      const publishing = (async () => {
        for (let value = 1; value <= count; value += 1) {
          await system.publisher.store(`investigation.${investigation}.progress`, { value });
        }
      })();
      const values = Array.from({ length: count }, (_, index) => index + 1);
      const [seenByFast, seenBySlow] = await Promise.all([
        take(fast, count, 0),
        take(slow, count, 1),
        publishing,
      ]);
      expect(seenByFast).toEqual(values);
      expect(seenBySlow).toEqual(values);
      expect(network.cuts).toBeGreaterThan(5);
    },
    LONG_MS,
  );

  it('two tabs show the same', async () => {
    await using network = await proxy(13, 9_000);
    const sessionId = freshId('tabs');
    const [one, other] = [session({ url: network.url, sessionId }), session({ url: network.url, sessionId })];
    await connected(other);
    const started = new Promise<string>((resolve) => {
      other.on('started', (chat) => {
        resolve(read(chat).then(({ text }) => text));
      });
    });
    expect((await read(one.chat('Conte tudo'))).text).toBe(WHOLE);
    expect(await started).toBe(WHOLE);
  });
});

describe('a session', () => {
  it('knows who is in it, and passes notifications on', async () => {
    const sessionId = freshId('present');
    const one = session({ sessionId });
    const both = new Promise<void>((resolve) => {
      one.on('presence', ({ data }) => {
        if (data.participants[0]?.connections === 2) resolve();
      });
    });
    await connected(session({ sessionId, url: system.gateways[1]?.url ?? '' }));
    await both;
    expect(one.participants).toEqual([{ user: null, connections: 2 }]);
    const notified = new Promise<unknown>((resolve) => {
      one.on('notification', ({ data }) => resolve(data['title']));
    });
    await system.publisher.store(`session.${sessionId}.notification`, { title: 'Pronto' });
    expect(await notified).toBe('Pronto');
  });
});

describe('a reload in the middle of an answer', () => {
  it('streams on with storage', async () => {
    const sessionId = freshId('reload');
    const items = new Map<string, string>();
    const storage = {
      getItem: (key: string) => items.get(key) ?? null,
      setItem: (key: string, value: string) => void items.set(key, value),
    };
    const before = session({ sessionId, storage });
    const { requestId } = before.chat('Conte tudo');
    await changed(before, requestId, ({ text }) => text !== '');
    before.close();
    const after = session({ sessionId, storage, url: system.gateways[1]?.url ?? '' });
    expect(after.chats.map((chat) => chat.requestId)).toEqual([requestId]);
    expect((await read(after.resumeChat(requestId))).text).toBe(WHOLE);
  });

  it('gets the whole without, while it runs and afterwards', async () => {
    const sessionId = freshId('reload');
    const before = session({ sessionId });
    const { requestId } = before.chat('Conte tudo');
    await changed(before, requestId, ({ text }) => text !== '');
    before.close();
    for (const gateway of system.gateways) {
      const after = session({ sessionId, url: gateway.url });
      expect((await read(after.resumeChat(requestId))).text).toBe(WHOLE);
      after.close();
    }
    await expect(session({ sessionId }).resumeChat(freshId('none')).result).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a wish to cancel', () => {
  it('spoken offline is carried out after the reconnect', async () => {
    await using held = await System.start({ agent: fixedAgent(Array.from({ length: 100_000 }, () => 'x')) });
    const random = new SeededRandom(1);
    await using network = await CuttingProxy.start({
      random,
      targets: () => held.gateways.map(({ port }) => port),
      maxBytes: 0,
    });
    network.isCutting = false;
    const client = session({ url: network.url });
    const abort = new AbortController();
    const chat = client.chat('Conte tudo', { signal: abort.signal });
    await changed(client, chat.requestId, ({ text }) => text !== '');
    network.isUp = false;
    network.cutAll();
    await status(client, 'waiting');
    abort.abort();
    await expect(chat.result).rejects.toBe(abort.signal.reason);
    network.isUp = true;
    await changed(client, chat.requestId, ({ status }) => status === 'cancelled');
  });
});

describe('a token', () => {
  it('is renewed on the open socket before it ends', async () => {
    const getToken = (): string => userToken({ sub: 'ana', expiresInSeconds: 4 });
    const client = session({ getToken });
    await connected(client);
    const statuses: string[] = [];
    client.on('status', ({ state }) => statuses.push(state));
    await new Promise<void>((resolve) => client.on('authenticated', () => resolve()));
    await new Promise<void>((resolve) => client.on('authenticated', () => resolve()));
    expect(statuses).toEqual([]);
    expect(client.status.state).toBe('connected');
  });

  it('that is bad ends it, in words', async () => {
    const client = session({ token: 'not.a.token' });
    await status(client, 'closed');
    expect(client.status).toMatchObject({ code: 1008, reason: 'Invalid authentication' });
  });
});

async function connected(client: Session): Promise<void> {
  await status(client, 'connected');
}

async function status(client: Session, state: string): Promise<void> {
  if (client.status.state === state) return;
  await new Promise<void>((resolve) => {
    client.on('status', (now) => {
      if (now.state === state) resolve();
    });
  });
}

async function live(client: Session, subscription: Subscription): Promise<void> {
  if (subscription.isLive) return;
  await new Promise<void>((resolve) => client.on('subscribed', () => resolve()));
}

/** Waits until a chat is as wanted. */
async function changed(
  client: Session,
  requestId: string,
  isWanted: (chat: { text: string; status: string }) => boolean,
): Promise<void> {
  const chat = client.chats.find((each) => each.requestId === requestId);
  if (chat === undefined) throw new Error('no such chat');
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (isWanted(chat)) resolve();
    };
    chat.onChange(look);
    look();
  });
}

async function take(subscription: Subscription, count: number, pauseMs: number): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const item of subscription) {
    if (item.type === 'gap') throw new Error('a gap');
    values.push(item.type === 'anomaly_detected' ? item : item.data['value']);
    if (values.length === count) break;
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return values;
}
