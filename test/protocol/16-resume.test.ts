import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { finishChat, holdChat, typesOf } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import { System } from '../support/system.ts';
import { TEST_SHARDS } from '../support/test-shards.ts';

const agent = new PuppetAgent();

let system: System;
beforeAll(async () => {
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

function welcomeOf(socket: { frames: readonly ServerFrame[] }): ServerFrame {
  const [welcome] = socket.frames;
  if (welcome === undefined) throw new Error('no welcome');
  return welcome;
}

async function notify(session: string, ...steps: readonly number[]): Promise<void> {
  for (const step of steps) await system.publisher.store(`session.${session}.notification`, { step });
}

function stepsOf(frames: readonly ServerFrame[]): unknown[] {
  return frames.map(({ data }) => data['step']);
}

describe('since', () => {
  it('brings every later event once, on any gateway, then live ones', async () => {
    for (const gateway of [0, 1]) {
      const session = freshId('s');
      const socket = await system.openChat(session);
      await notify(session, 1, 2);
      const [, second] = [await socket.next('notification'), await socket.next('notification')];
      await socket.cut();
      await notify(session, 3, 4);
      await using back = await system.openChat(session, { gateway, since: cursorOf(second) });
      expect(welcomeOf(back).data).toMatchObject({ cursor: cursorOf(second), recovered: true });
      await notify(session, 5);
      expect(stepsOf(await back.until(({ data }) => data['step'] === 5))).toEqual([3, 4, 5]);
    }
  });

  it('may be the cursor of the welcome', async () => {
    const session = freshId('s');
    const socket = await system.openChat(session);
    const since = cursorOf(welcomeOf(socket));
    await socket.cut();
    await notify(session, 1);
    await using back = await system.openChat(session, { since });
    expect(stepsOf(await back.until(({ data }) => data['step'] === 1))).toEqual([1]);
  });

  it('may be the cursor of any event of an answer, and brings the rest of it', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    for (const piece of ['Um ', 'dois ', 'três ']) {
      chat.call.say(piece);
      await socket.nextWhere(({ data }) => data['content'] === piece);
    }
    await finishChat(chat, socket, ['quatro.']);
    const durable = socket.frames.filter(({ cursor }) => cursor !== undefined);
    for (const [index, frame] of durable.entries()) {
      await using back = await system.openChat(session, { gateway: 1, since: cursorOf(frame) });
      expect(welcomeOf(back).data['recovered']).toBe(true);
      await notify(session, index);
      const frames = await back.until(({ data }) => data['step'] === index);
      const missed = frames.filter(({ type }) => type !== 'notification');
      expect(missed.map(({ id }) => id)).toEqual(durable.slice(index + 1).map(({ id }) => id));
      expect(typesOf(missed)).not.toContain('typing');
    }
  });

  it('goes on in the middle of an answer without a hole', async () => {
    const session = freshId('s');
    let socket = await system.openChat(session);
    const chat = await holdChat(agent, socket);
    const received: ServerFrame[] = [...socket.frames];
    for (let round = 0; round < 10; round += 1) {
      chat.call.say(`${round} `);
      await socket.next('chat');
      received.push(...socket.frames.filter((frame) => !received.includes(frame)));
      const since = received.findLast(({ cursor }) => cursor !== undefined)?.cursor ?? '';
      await socket.cut();
      chat.call.say(`${round}½ `);
      socket = await system.openChat(session, { since, gateway: round % 2 });
    }
    const end = await finishChat(chat, socket, []);
    received.push(...socket.frames);
    const chunks = received.filter(({ type }) => type === 'chat');
    expect(chunks.map(({ data }) => data['chunk_index'])).toEqual(chunks.map((_, index) => index));
    expect(chunks.map(({ data }) => data['content']).join('')).toBe(end.data['content']);
    await socket.cut();
  });

  it('that names the newest event brings nothing but what is new', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    await notify(session, 1);
    const since = cursorOf(await socket.next('notification'));
    await using back = await system.openChat(session, { since });
    expect(await back.untilPong()).toEqual([]);
    await notify(session, 2);
    expect(stepsOf([await back.next('notification')])).toEqual([2]);
  });

  it('loses and repeats nothing while events are coming', async () => {
    const session = freshId('s');
    const count = 400;
    const publishing = notify(session, ...Array.from({ length: count }, (_, step) => step));
    const steps: unknown[] = [];
    await using first = await system.openChat(session);
    let since = cursorOf(await first.next('notification'));
    const start = first.frames.find(({ type }) => type === 'notification')?.data['step'] as number;
    steps.push(start);
    for (let gateway = 0; steps.at(-1) !== count - 1; gateway = 1 - gateway) {
      const socket = await system.openChat(session, { since, gateway });
      const goal = Math.min(count - 1, (steps.at(-1) as number) + 40);
      for (const frame of await socket.until(({ data }) => data['step'] === goal)) {
        steps.push(frame.data['step']);
        since = cursorOf(frame);
      }
      await socket.cut();
    }
    await publishing;
    expect(steps).toEqual(Array.from({ length: count - start }, (_, index) => start + index));
  });
});

describe('without since', () => {
  it('there are only new events, and recovered is not told', async () => {
    const session = freshId('s');
    await notify(session, 1);
    await using socket = await system.openChat(session);
    expect(welcomeOf(socket).data).not.toHaveProperty('recovered');
    await notify(session, 2);
    expect(stepsOf(await socket.until(({ data }) => data['step'] === 2))).toEqual([2]);
  });
});

describe('recovered false', () => {
  it('is told for a cursor of another storage, and everything kept comes', async () => {
    const session = freshId('s');
    await notify(session, 1, 2);
    await using watching = await system.openInvestigation(freshId('INV'));
    await using socket = await system.openChat(session, { since: cursorOf(welcomeOf(watching)) });
    expect(welcomeOf(socket).data['recovered']).toBe(false);
    expect(cursorOf(welcomeOf(socket))).not.toBe(cursorOf(welcomeOf(watching)));
    expect(stepsOf(await socket.until(({ data }) => data['step'] === 2))).toEqual([1, 2]);
  });

  it('is told for a cursor that is older than what is kept, and the rest comes', async () => {
    await using own = await System.start({ workers: 0 });
    const session = freshId('s');
    const socket = await own.openChat(session);
    const since = cursorOf(welcomeOf(socket));
    await socket.cut();
    const subject = `session.${session}.notification`;
    for (const step of [1, 2]) await own.publisher.store(subject, { step });
    const third = await own.publisher.store(subject, { step: 3 });
    await own.publisher.trim(TEST_SHARDS.streamOf(session), third);
    await own.publisher.store(subject, { step: 4 });
    await using back = await own.openChat(session, { since });
    expect(welcomeOf(back).data['recovered']).toBe(false);
    expect(stepsOf(await back.until(({ data }) => data['step'] === 4))).toEqual([3, 4]);
    // What was told instead is a cursor like any other.
    await using again = await own.openChat(session, { since: cursorOf(welcomeOf(back)) });
    expect(welcomeOf(again).data['recovered']).toBe(true);
    expect(stepsOf(await again.until(({ data }) => data['step'] === 4))).toEqual([3, 4]);
  });

  it('is told for a cursor that lies ahead of the storage', async () => {
    await using own = await System.start({ workers: 0 });
    const session = freshId('s');
    const subject = `session.${session}.notification`;
    const socket = await own.openChat(session);
    for (let step = 1; step <= 3; step += 1) await own.publisher.store(subject, { step });
    await socket.until(({ data }) => data['step'] === 3);
    // A cursor of the same storage, with a place nothing was ever stored at.
    const epoch = cursorOf(welcomeOf(socket)).slice(0, 8);
    const ahead = epoch + Buffer.from([1, 100]).toString('base64url');
    await using back = await own.openChat(session, { since: ahead });
    expect(welcomeOf(back).data['recovered']).toBe(false);
    expect(stepsOf(await back.until(({ data }) => data['step'] === 3))).toEqual([1, 2, 3]);
    await socket.cut();
  });
});

describe('an investigation socket', () => {
  it('resumes with the cursors of its channel, also with those a chat socket got', async () => {
    const id = freshId('INV');
    const publish = (step: number): Promise<number> =>
      system.publisher.store(`investigation.${id}.progress`, { step });
    await using chat = await system.openChat(freshId('s'));
    chat.send({ type: 'subscribe', data: { investigation_id: id } });
    const start = cursorOf(await chat.next('subscribed'));
    await using watching = await system.openInvestigation(id);
    await publish(1);
    const onChat = cursorOf(await chat.next('investigation_progress'));
    const onWatching = cursorOf(await watching.next('investigation_progress'));
    await publish(2);
    for (const [since, expected] of [
      [start, [1, 2]],
      [onChat, [2]],
      [onWatching, [2]],
      [cursorOf(welcomeOf(watching)), [1, 2]],
    ] as const) {
      await using back = await system.openInvestigation(id, { since, gateway: 1 });
      expect(welcomeOf(back).data).toMatchObject({ cursor: since, recovered: true });
      const frames = await back.until(({ data }) => data['step'] === 2);
      expect(stepsOf(frames.filter(({ type }) => type !== 'heartbeat'))).toEqual(expected);
    }
  });
});
