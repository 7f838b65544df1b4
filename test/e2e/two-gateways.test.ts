import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { brokerHoldsFence } from '../support/broker-fence.ts';
import { freshId } from '../support/fresh-id.ts';
import type { ServerFrame } from '../support/server-frame.ts';
import { System } from '../support/system.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({
    gateways: 2,
    workers: 2,
    environment: { LOCAL_AGENT_DELAY_MS: '1', MAX_SUBSCRIPTIONS: '500' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

const isEnd = ({ type }: ServerFrame): boolean => type === 'chat_complete' || type === 'error';
const durable = (frames: readonly ServerFrame[]): readonly ServerFrame[] =>
  frames.filter(({ cursor }) => cursor !== undefined);
const chatOf = (frames: readonly ServerFrame[], requestId: string): readonly ServerFrame[] =>
  durable(frames).filter(({ data }) => data['request_id'] === requestId);
const ids = (frames: readonly ServerFrame[]): readonly string[] => frames.map(({ id }) => id);

describe('one session on two gateways', () => {
  it('shows both sockets the same events of a chat, in the same order', async () => {
    const session = freshId('pair');
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    one.send({ type: 'chat', id: 'q', data: { message: 'Olá!' } });
    const seenByOne = await one.until(isEnd);
    const seenByOther = await other.until(isEnd);
    expect(ids(durable(seenByOther))).toEqual(ids(durable(seenByOne)));
    expect(durable(seenByOne).length).toBeGreaterThan(3);
    for (const seen of [seenByOne, seenByOther]) {
      expect(seen.filter(({ type }) => type === 'typing')).toHaveLength(1);
      expect(seen.map(({ type }) => type).indexOf('typing')).toBe(1);
    }
  });

  it('keeps the order of each chat when both gateways take chats at once', async () => {
    const session = freshId('crossing');
    const sockets = await Promise.all([0, 1, 0, 1].map((gateway) => system.openChat(session, { gateway })));
    for (const [index, socket] of sockets.entries()) {
      socket.send({ type: 'chat', id: `q${index}`, data: { message: 'Explique em detalhes' } });
    }
    const seen = await Promise.all(
      sockets.map(async (socket) => {
        const frames: ServerFrame[] = [];
        for (let ended = 0; ended < sockets.length; ended += 1) frames.push(...(await socket.until(isEnd)));
        return frames;
      }),
    );
    for (let index = 0; index < sockets.length; index += 1) {
      const [first, ...others] = seen.map((frames) => chatOf(frames, `q${index}`));
      expect(first?.at(0)?.type).toBe('chat_accepted');
      expect(first?.at(-1)?.type).toBe('chat_complete');
      const chunks = first?.filter(({ type }) => type === 'chat') ?? [];
      expect(chunks.map(({ data }) => data['chunk_index'])).toEqual(chunks.map((_, chunk) => chunk));
      expect(chunks.map(({ data }) => data['content']).join('')).toBe(first?.at(-1)?.data['content']);
      for (const other of others) expect(ids(other)).toEqual(ids(first ?? []));
    }
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it.skipIf(!brokerHoldsFence())(
    'is one generation when the same id is sent through both, fifty times',
    async () => {
      const session = freshId('once');
      const sockets = await Promise.all(
        Array.from({ length: 10 }, (_, index) => system.openChat(session, { gateway: index % 2 })),
      );
      for (let round = 0; round < 5; round += 1) {
        for (const socket of sockets) socket.send({ type: 'chat', id: 'same', data: { message: 'Olá!' } });
      }
      const seen = await Promise.all(
        sockets.map((socket) => socket.until((frame) => isEnd(frame) && frame.cursor !== undefined)),
      );
      const answers = new Set(seen.map((frames) => ids(chatOf(frames, 'same')).join()));
      expect(answers.size).toBe(1);
      const accepted = await Promise.all(sockets.map((socket) => socket.untilPong()));
      // Whatever else came is an answer to a repeat.
      for (const frame of accepted.flat()) expect(frame.cursor).toBeUndefined();
      const claims = await claimsOf(session, 'same');
      expect(claims).toBe(1);
      await Promise.all(sockets.map((socket) => socket.close()));
    },
  );

  it('gives the sockets of the other gateway what one subscribed, from the same event on', async () => {
    const session = freshId('follow');
    const investigation = freshId('INV');
    await using one = await system.openChat(session, { gateway: 0 });
    await using other = await system.openChat(session, { gateway: 1 });
    one.send({ type: 'subscribe', data: { investigation_id: investigation } });
    await one.next('subscribed');
    await system.publisher.store(`investigation.${investigation}.anomaly`, { severity: 'high' });
    await system.publisher.store(`investigation.${investigation}.progress`, { progress: 10 });
    const [mine, theirs] = [
      await one.next('investigation_progress'),
      await other.next('investigation_progress'),
    ];
    expect(theirs.id).toBe(mine.id);
    expect(theirs.data).toEqual(mine.data);
    expect((await other.next('anomaly_detected')).data['severity']).toBe('high');
    other.send({ type: 'unsubscribe', data: { investigation_id: investigation } });
    await other.next('unsubscribed');
    await system.publisher.store(`investigation.${investigation}.progress`, { progress: 20 });
    const after = [...(await other.untilPong()), ...(await one.untilPong())];
    expect(after.filter(({ data }) => data['progress'] === 20)).toEqual([]);
  });
});

/** How many workers ever claimed a chat, from its log in the broker. */
async function claimsOf(session: string, requestId: string): Promise<number> {
  const log = await system.publisher.readAll('SESSIONS', `session.${session}.chat.${requestId}`);
  return log.filter(({ text }) => text.startsWith('{"type":"claim"')).length;
}
