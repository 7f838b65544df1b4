import { connect, type NatsConnection } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import { cursorOf } from '../../support/server-frame.ts';
import type { SocketClient } from '../../support/socket-client.ts';
import { System } from '../../support/system.ts';

/**
 * What a service that publishes may do, by mistake or on purpose, with the rights of a broker for
 * development: nothing of it may reach a client as something else than it is.
 */
let system: System;
let neighbour: SocketClient;
let attacker: NatsConnection;
beforeAll(async () => {
  system = await System.start();
  neighbour = await system.openChat(freshId('s'));
  attacker = await connect({ servers: system.nats.url.split(',') });
});
afterAll(async () => {
  await attacker.close();
  await neighbour.close();
  await system[Symbol.asyncDispose]();
});
afterEach(async () => {
  await neighbour.untilPong();
});

const MAX_BYTES = 256 * 1024;

describe('a payload that no client may see', () => {
  it.each<readonly [string, string | Uint8Array]>([
    ['nothing', ''],
    ['no JSON', 'hello'],
    ['half of it', '{"a":'],
    ['a list', '[1]'],
    ['a number', '1'],
    ['a string', '"a"'],
    ['null', 'null'],
    ['two objects', '{}{}'],
    ['bytes', new Uint8Array([0xff, 0xfe, 0x00])],
    [
      'invalid UTF-8 in an object',
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3]), Buffer.from('"}')]),
    ],
    ['too long an object', JSON.stringify({ a: 'x'.repeat(MAX_BYTES) })],
    ['objects 20,000 deep', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000)],
    ['lists 100,000 deep', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ])('%s reaches none, live or later, and what follows does', async (_name, payload) => {
    const [session, investigation] = [freshId('s'), freshId('INV')];
    await using socket = await system.openChat(session);
    await using reader = await system.openInvestigation(investigation);
    const [start] = reader.frames;
    for (const subject of [
      `investigation.${investigation}.anomaly`,
      `investigation.${investigation}.progress`,
      `session.${session}.notification`,
    ]) {
      await system.publisher.store(subject, payload);
    }
    await system.publisher.store(`investigation.${investigation}.progress`, { good: true });
    await system.publisher.store(`session.${session}.notification`, { good: true });
    expect(await socket.until(({ data }) => data['good'] === true)).toHaveLength(1);
    expect(await reader.until(({ data }) => data['good'] === true)).toHaveLength(1);
    if (start === undefined) throw new Error('there was no welcome');
    await using later = await system.openInvestigation(investigation, { since: cursorOf(start) });
    expect(await later.until(({ data }) => data['good'] === true)).toHaveLength(1);
    socket.send({ type: 'history' });
    expect((await socket.next('history')).data['events']).toHaveLength(1);
  });
});

describe('a payload that looks like something else', () => {
  it.each<readonly [string, object]>([
    ['another id', { investigation_id: 'other', update_type: 'other' }],
    ['an envelope', { type: 'chat_complete', data: {}, id: 'x', cursor: 'x', channel: 'session' }],
    [
      'prototypes',
      JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}') as object,
    ],
    ['functions', { toJSON: 'x', toString: 1, then: 1, valueOf: null }],
    ['HTML', { description: '<img src=x onerror=alert(1)>', severity: '</script>' }],
    ['line ends', { description: '\r\n\u2028\u2029\u0000' }],
    ['400 deep', nest(400)],
    ['5,000 keys', Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, n]))],
  ])('%s stays inside its event', async (_name, payload) => {
    const investigation = freshId('INV');
    await using reader = await system.openInvestigation(investigation);
    await system.publisher.store(`investigation.${investigation}.progress`, payload);
    const update = await reader.next('investigation_progress');
    expect(update.channel).toBe(`investigation.${investigation}`);
    expect(update.data['investigation_id']).toBe(investigation);
    expect(update.data['update_type']).toBe('progress');
    await system.publisher.store(`investigation.${investigation}.anomaly`, payload);
    const anomaly = await reader.next('anomaly_detected');
    expect(anomaly.data['investigation_id']).toBe(investigation);
    // A key that would be a prototype elsewhere is left out.
    const kept = Object.entries(payload).filter(([key]) => key !== '__proto__');
    expect(anomaly.data['details']).toEqual(Object.fromEntries(kept));
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('just fits', async () => {
    const investigation = freshId('INV');
    await using reader = await system.openInvestigation(investigation);
    const payload = { a: 'x'.repeat(MAX_BYTES - 8) };
    expect(JSON.stringify(payload)).toHaveLength(MAX_BYTES);
    await system.publisher.store(`investigation.${investigation}.anomaly`, payload);
    expect((await reader.next('anomaly_detected')).data['details']).toEqual(payload);
  });

  it.each(['anomaly_detected', 'chat_complete', 'connection', 'notification', '__proto__', 'a'.repeat(128)])(
    'of the kind %s is an update of that kind',
    async (kind) => {
      const investigation = freshId('INV');
      await using reader = await system.openInvestigation(investigation);
      await system.publisher.store(`investigation.${investigation}.${kind}`, { a: 1 });
      const { data } = await reader.next(`investigation_${kind}`);
      expect(data).toEqual({ a: 1, investigation_id: investigation, update_type: kind });
    },
  );
});

describe('headers of a publisher', () => {
  it('do not pass for the broker’s: nothing is lost, repeated or moved by them', async () => {
    const investigation = freshId('INV');
    const subject = `investigation.${investigation}.progress`;
    await using reader = await system.openInvestigation(investigation);
    const forged = [
      { 'Nats-Sequence': '1' },
      { 'Nats-Sequence': '9007199254740991', 'Nats-Last-Sequence': '0' },
      { 'Nats-Sequence': '999999999', 'Nats-Last-Sequence': '999999998' },
      { 'Nats-Sequence': '-1' },
      { 'Nats-Sequence': 'x', 'Nats-Last-Sequence': '' },
      { 'Nats-Subject': 'investigation.other.progress', 'Nats-Stream': 'SESSIONS' },
      { 'Nats-Time-Stamp': '1999-01-01T00:00:00Z' },
      { 'Chat-Accepted-Sequence': '1' },
      { traceparent: `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`, tracestate: 'x'.repeat(5_000) },
      { traceparent: '../../x', baggage: 'a=b' },
    ];
    const [welcome] = reader.frames;
    if (welcome === undefined) throw new Error('there was no welcome');
    for (const [n, headers] of forged.entries()) {
      await system.publisher.store(subject, { n: 2 * n }, headers);
      await system.publisher.store(subject, { n: 2 * n + 1 });
    }
    const wanted = Array.from({ length: 2 * forged.length }, (_, n) => n);
    const live = await reader.until(({ data }) => data['n'] === wanted.at(-1));
    expect(live.map(({ data }) => data['n'])).toEqual(wanted);
    // A cursor of any of them leads to what followed.
    for (const [n, frame] of live.entries()) {
      await using again = await system.openInvestigation(investigation, { since: cursorOf(frame) });
      expect(again.frames[0]?.data['recovered']).toBe(true);
      if (n < wanted.length - 1) {
        const rest = await again.until(({ data }) => data['n'] === wanted.at(-1));
        expect(rest.map(({ data }) => data['n'])).toEqual(wanted.slice(n + 1));
      } else expect(await again.untilPong()).toEqual([]);
    }
  });
});

describe('the live subjects', () => {
  it('believe nobody but the broker, also where the broker lets others publish there', async () => {
    const [session, investigation] = [freshId('s'), freshId('INV')];
    await using socket = await system.openChat(session);
    await using reader = await system.openInvestigation(investigation);
    const complete = '{"type":"chat_complete","data":{"status":"completed"}}';
    attacker.publish(`live.session.${session}.chat.r`, complete);
    attacker.publish(`live.session.${session}.notification`, '{"forged":1}');
    attacker.publish(`live.investigation.${investigation}.progress`, '{"forged":1}');
    attacker.publish('live.control.revoke', JSON.stringify({ session_id: session }));
    await attacker.flush();
    expect(await socket.untilPong()).toEqual([]);
    expect(await reader.untilPong()).toEqual([]);
  });

  it('believe no consumer that is made to deliver there, with headers that look right', async () => {
    const [victim, own] = [freshId('INV'), freshId('INV')];
    await using reader = await system.openInvestigation(victim);
    const last = await system.publisher.store(`investigation.${victim}.progress`, { n: 1 });
    await reader.next('investigation_progress');
    await system.publisher.store(
      `investigation.${own}.progress`,
      { forged: 1 },
      { 'Nats-Sequence': String(last + 1), 'Nats-Last-Sequence': String(last) },
    );
    const manager = await jetstreamManager(attacker);
    await manager.consumers.add('INVESTIGATIONS', {
      deliver_subject: `live.investigation.${victim}.progress`,
      filter_subject: `investigation.${own}.progress`,
      inactive_threshold: 10_000_000_000,
    });
    await system.publisher.store(`investigation.${victim}.progress`, { n: 2 });
    const seen = await reader.until(({ data }) => data['n'] === 2);
    expect(seen.map(({ data }) => data)).toEqual([
      { n: 2, investigation_id: victim, update_type: 'progress' },
    ]);
  });
});

describe('an acknowledgement that is made to go elsewhere', () => {
  // The production broker keeps publishers in an account of their own, where this can't be done at all.
  it('opens no session, runs no chat and revokes nobody', async () => {
    const session = freshId('s');
    await using socket = await system.openChat(session);
    for (const reply of [
      `session.${session}.chat.r`,
      `chat.request.${session}.r2`,
      'control.revoke',
      'control.forget',
    ]) {
      attacker.publish('investigation.INV-1.progress', '{}', { reply });
    }
    await attacker.flush();
    socket.send({ type: 'chat', id: 'mine', data: { message: 'Olá!' } });
    const frames = await socket.until(
      ({ type, data }) => type === 'chat_complete' && data['request_id'] === 'mine',
    );
    // A queue item of nobody's ends as a failed chat; nothing of it is a chat somebody asked for.
    const strange = frames.filter(({ data }) => data['request_id'] !== 'mine');
    expect(strange.every(({ type }) => type === 'error')).toBe(true);
  });
});

describe('a session’s record that no gateway wrote', () => {
  it.each(['', '[]', '{"owner":1}', '{"stream":"INVESTIGATIONS", "seq":5}', '{"owner":null,"seen_at":-1}'])(
    '%s lets nobody in, and stops nobody who is',
    async (record) => {
      const [session, other] = [freshId('s'), freshId('s')];
      await using inside = await system.openChat(other);
      for (const id of [session, other]) await system.publisher.store(`state.session.${id}`, record);
      await inside.untilPong();
      await using late = await system.connect(`/ws/chat/${session}`);
      expect(await late.closed).toEqual({ code: 1011, reason: 'Internal error' });
      expect(late.frames).toEqual([]);
    },
  );
});

function nest(depth: number): object {
  let value: object = {};
  for (let level = 1; level < depth; level += 1) value = { a: value };
  return value;
}
