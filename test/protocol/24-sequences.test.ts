import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CannotContinueError } from '../../chat-worker/agents/agent.ts';
import { isEnd } from '../support/chat-steps.ts';
import { freshId } from '../support/fresh-id.ts';
import { PuppetAgent } from '../support/puppet-agent.ts';
import { cursorOf, type ServerFrame } from '../support/server-frame.ts';
import { System } from '../support/system.ts';
import { examples } from './protocol-page.ts';

const QUESTION = 'Olá';

let agent: PuppetAgent;
let system: System;
beforeAll(async () => {
  agent = new PuppetAgent();
  system = await System.start({ agent, gateways: 2 });
});
afterAll(() => system[Symbol.asyncDispose]());

interface Line {
  readonly from: 'client' | 'server';
  readonly message: Readonly<Record<string, unknown>>;
}

/** A sequence as PROTOCOL.md tells it, with the ids of this run in place of the page's. */
function told(heading: string, ids: Readonly<Record<string, string>> = {}): Line[] {
  const block = examples('text').find((example) => example.heading === heading);
  let text = block?.text ?? '';
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(name, id);
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const message = JSON.parse(line.slice(2)) as Record<string, unknown>;
      // The page's cursors only say what is durable and in which order.
      delete message['cursor'];
      return { from: line.startsWith('→') ? 'client' : 'server', message };
    });
}

function fromServer(lines: readonly Line[]): unknown[] {
  return lines.filter(({ from }) => from === 'server').map(({ message }) => message);
}

function fromClient(lines: readonly Line[]): object[] {
  return lines.filter(({ from }) => from === 'client').map(({ message }) => message);
}

/** What came is what the page tells, which leaves some fields out; no frame more and no frame less. */
function expectTold(frames: readonly ServerFrame[], lines: readonly Line[]): void {
  expect(frames).toHaveLength(fromServer(lines).length);
  expect(frames).toMatchObject(fromServer(lines));
}

describe('the page', () => {
  it('tells a chat and its resume as they are', async () => {
    const session = freshId('s');
    const lines = told('A chat');
    const socket = await system.openChat(session);
    for (const message of fromClient(lines)) socket.send(message);
    const call = await agent.call(QUESTION);
    call.say('Oi, ');
    const first = await socket.nextWhere(({ data }) => data['chunk_index'] === 0);
    call.say('tudo bem?');
    call.end();
    await socket.next('chat_complete');
    expectTold(socket.frames.slice(1), lines);
    await socket.cut();

    await using back = await system.openChat(session, { gateway: 1, since: cursorOf(first) });
    await back.next('chat_complete');
    expectTold(back.frames, told('A resume', { A3: cursorOf(first) }));
    expect(cursorOf(back.frames[0] as ServerFrame)).toBe(cursorOf(first));
  });

  it('tells a subscription as it is', async () => {
    const id = freshId('INV');
    const socket = await system.openChat(freshId('s'));
    socket.send({ type: 'subscribe', data: { investigation_id: id } });
    const since = cursorOf(await socket.next('subscribed'));
    await socket.cut();
    await system.publisher.store(`investigation.${id}.progress`, { percent: 40 });

    const lines = told('A subscription', { 'INV-1': id, B42: since });
    const [subscribe, unsubscribe] = fromClient(lines);
    await using back = await system.openChat(freshId('s'));
    back.send(subscribe ?? {});
    await back.next('investigation_progress');
    await system.publisher.store(`investigation.${id}.anomaly`, { severity: 'high' });
    await back.next('anomaly_detected');
    back.send(unsubscribe ?? {});
    await back.next('unsubscribed');
    expectTold(back.frames.slice(1), lines);
  });

  it('tells a takeover that begins again as it is', async () => {
    const puppet = new PuppetAgent();
    await using own = await System.start({ agent: puppet });
    await using socket = await own.openChat(freshId('s'));
    await using elsewhere = await own.openChat(freshId('s'));
    const message = freshId('pergunta');
    socket.send({ type: 'chat', id: 'msg_1', data: { message } });
    const lost = await puppet.call(message);
    for (const piece of ['Sim', ', há']) {
      lost.say(piece);
      await socket.nextWhere(({ data }) => data['content'] === piece);
    }
    await own.workers[0]?.[Symbol.asyncDispose]();
    await own.addWorker();
    const unable = await puppet.call(message);
    expect(unable.after).toBe('Sim, há');
    unable.fail(new CannotContinueError('this agent never can'));
    const again = await puppet.call(message);
    expect(again.after).toBe('');
    again.say('Encontrei duas.');
    again.end();
    await socket.nextWhere((frame) => isEnd(frame));
    const lines = told('A takeover that begins again');
    expectTold(socket.frames.slice(1), lines);
    const durable = socket.frames.filter(({ cursor }) => cursor !== undefined);
    expect(durable.map(({ type }) => type)).toContain('chat_restart');
    expect(await elsewhere.untilPong()).toEqual([]);
  });
});
