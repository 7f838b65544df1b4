import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { fixedAgent } from '../support/scripted-agent.ts';
import { freshId } from '../support/fresh-id.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import { Scraped } from '../support/prometheus.ts';
import { System } from '../support/system.ts';

const PIECES = Array.from({ length: 24 }, (_, index) => `parte ${index}; `);

let system: System;
beforeAll(async () => {
  system = await System.start({ gateways: 2, workers: 1, agent: fixedAgent(PIECES) });
});
afterAll(() => system[Symbol.asyncDispose]());

const isEnd = ({ type }: ServerFrame): boolean => type === 'chat_complete' || type === 'error';
const durable = (frames: readonly ServerFrame[]): readonly ServerFrame[] =>
  frames.filter(({ channel }) => channel === 'session');

describe('resuming in the middle of an answer', () => {
  it('misses nothing and repeats nothing, whichever event it was cut after', async () => {
    const session = freshId('resume');
    const requestId = freshId('q');
    await using witness = await system.openChat(session);
    witness.send({ type: 'chat', id: requestId, data: { message: 'Conte tudo' } });
    const whole = durable(await witness.until(isEnd));
    const start = witness.frames[0];
    if (start === undefined) throw new Error('no welcome');
    // From the welcome, and from every event on: the rest, once and in order.
    for (const [index, cursor] of [cursorOf(start), ...whole.map(cursorOf)].entries()) {
      await using back = await system.openChat(session, { gateway: index % 2, since: cursor });
      expect(back.frames[0]?.data['recovered']).toBe(true);
      const missed = whole.slice(index);
      const seen = missed.length === 0 ? [] : await back.until(({ id }) => id === missed.at(-1)?.id);
      expect(seen.map(({ id }) => id)).toEqual(missed.map(({ id }) => id));
      expect(await back.untilPong()).toEqual([]);
    }
  });

  it('is whole when the socket is cut at every chunk and comes back to the other gateway', async () => {
    const session = freshId('cut');
    const requestId = freshId('q');
    const received: ServerFrame[] = [];
    let socket = await system.openChat(session);
    let cursor = cursorOf(socket.frames[0] ?? fail());
    socket.send({ type: 'chat', id: requestId, data: { message: 'Conte tudo' } });
    for (let cuts = 0; !received.some(isEnd); cuts += 1) {
      const seen = durable(await socket.until((frame) => frame.channel === 'session'));
      received.push(...seen);
      cursor = cursorOf(seen.at(-1) ?? fail());
      await socket.cut();
      socket = await system.openChat(session, { gateway: cuts % 2, since: cursor });
    }
    await socket.close();
    expect(received.map(({ type }) => type).slice(0, 2)).toEqual(['chat_accepted', 'chat']);
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
    const chunks = received.filter(({ type }) => type === 'chat');
    expect(chunks.map(({ data }) => data['chunk_index'])).toEqual(chunks.map((_, index) => index));
    expect(chunks.map(({ data }) => data['content']).join('')).toBe(PIECES.join(''));
    expect(received.at(-1)?.data['content']).toBe(PIECES.join(''));
  });
});

describe('coming back to the same gateway', () => {
  it('brings what was missed without a read of the stream, also when nobody stayed', async () => {
    const session = freshId('near');
    const requestId = freshId('q');
    let cursor: string;
    let whole: readonly ServerFrame[];
    {
      await using witness = await system.openChat(session);
      await using other = await system.openChat(session);
      other.send({ type: 'chat', id: requestId, data: { message: 'Conte tudo' } });
      whole = durable(await witness.until(isEnd));
      cursor = cursorOf(whole[0] ?? fail());
    }
    const admin = system.gateways[0]?.adminUrl ?? fail();
    const reads = async (): Promise<number> => (await Scraped.of(admin)).value('rt_stream_reads_total') ?? 0;
    const before = await reads();
    await using back = await system.openChat(session, { since: cursor });
    expect(back.frames[0]?.data['recovered']).toBe(true);
    expect(await back.until(isEnd)).toEqual(whole.slice(1));
    expect(await reads()).toBe(before);
    // It is level: what comes now comes once.
    await system.publisher.store(`session.${session}.notification`, { now: true });
    await back.until(({ type }) => type === 'notification');
    expect(await back.untilPong()).toEqual([]);
  });

  it('brings nothing of what was erased meanwhile', async () => {
    const session = freshId('erased');
    let cursor: string;
    {
      await using witness = await system.openChat(session);
      witness.send({ type: 'chat', data: { message: 'Conte tudo' } });
      const whole = durable(await witness.until(isEnd));
      cursor = cursorOf(whole[0] ?? fail());
    }
    await system.publisher.store('control.forget', { session_id: session });
    await eventually(
      () => system.publisher.readAll('SESSIONS', `session.${session}.>`),
      (stored) => stored.length === 0,
    );
    await using back = await system.openChat(session, { since: cursor });
    expect(await back.untilPong()).toEqual([]);
  });
});

describe('investigation events missed while away', () => {
  it('come once, in order, before what happens next', async () => {
    const session = freshId('away');
    const investigation = freshId('INV');
    const publish = (progress: number): Promise<number> =>
      system.publisher.store(`investigation.${investigation}.progress`, { progress });
    let socket = await system.openChat(session);
    socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await socket.next('subscribed');
    await publish(1);
    const last = await socket.next('investigation_progress');
    await socket.cut();
    for (let progress = 2; progress <= 40; progress += 1) await publish(progress);
    socket = await system.openChat(session, { gateway: 1 });
    socket.send({
      type: 'subscribe',
      data: { investigation_id: investigation, since: cursorOf(last) },
    });
    expect((await socket.next('subscribed')).data['recovered']).toBe(true);
    await publish(41);
    const seen = await socket.until(({ data }) => data['progress'] === 41);
    expect(seen.map(({ data }) => data['progress'])).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 2),
    );
    await socket.close();
  });

  it('reach a session that came back without subscribing again, from then on', async () => {
    const session = freshId('quiet');
    const investigation = freshId('INV');
    await using first = await system.openChat(session);
    first.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await first.next('subscribed');
    await first.cut();
    await using back = await system.openChat(session, { gateway: 1 });
    await back.untilPong();
    await system.publisher.store(`investigation.${investigation}.finding`, { text: 'x' });
    expect((await back.next('investigation_finding')).data['update_type']).toBe('finding');
  });
});

function fail(): never {
  throw new Error('a frame is missing');
}
