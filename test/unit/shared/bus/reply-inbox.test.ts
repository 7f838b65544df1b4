import { connect, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UnavailableError } from '../../../../shared/bus/bus-errors.ts';
import { ReplyInbox } from '../../../../shared/bus/reply-inbox.ts';
import type { Broker } from '../../../support/broker.ts';
import { startBroker } from '../../../support/start-broker.ts';

const PATIENT = { timeoutMs: 20_000 };

describe('questions in one inbox', () => {
  let broker: Broker;
  let connection: NatsConnection;
  let inbox: ReplyInbox;
  beforeAll(async () => {
    broker = await startBroker();
    connection = await connect({ servers: broker.url });
    inbox = new ReplyInbox(connection, '_INBOX_test');
  });
  afterAll(async () => {
    await connection.close();
    await broker[Symbol.asyncDispose]();
  });

  test('each gets its own answer, in whatever order they come', async () => {
    const questions: Msg[] = [];
    connection.subscribe('later', {
      callback: (_error, message) => {
        questions.push(message);
        if (questions.length < 3) return;
        for (const question of questions.reverse()) question.respond(`to ${question.string()}`);
      },
    });
    const asked = ['a', 'b', 'c'].map((data) => inbox.ask('later', data, PATIENT));
    const answers = (await Promise.all(asked)).map((answer) => answer.string());
    expect(answers).toEqual(['to a', 'to b', 'to c']);
  });

  test('is told at once when nobody is there', async () => {
    await expect(inbox.ask('nobody', '', PATIENT)).rejects.toThrow(UnavailableError);
  });

  test('waits no longer than asked, and an answer that comes later is nobody’s', async () => {
    let late: Msg | undefined;
    connection.subscribe('slow', {
      callback: (_error, message) => {
        late ??= message;
        if (message.string() !== 'first') message.respond('in time');
      },
    });
    await expect(inbox.ask('slow', 'first', { timeoutMs: 20 })).rejects.toThrow(UnavailableError);
    late?.respond('too late');
    expect((await inbox.ask('slow', 'second', PATIENT)).string()).toBe('in time');
  });

  test('is answered after the broker was away', async () => {
    connection.subscribe('echo', { callback: (_error, message) => void message.respond(message.data) });
    await broker.kill();
    await broker.restart();
    let answer: string | undefined;
    while (answer === undefined) {
      answer = await inbox.ask('echo', 'again', { timeoutMs: 500 }).then(
        (message) => message.string(),
        () => undefined,
      );
    }
    expect(answer).toBe('again');
  });

  test('nobody waits for answers once it is disposed of', async () => {
    connection.subscribe('silent', { callback: () => undefined });
    const own = new ReplyInbox(connection, '_INBOX_test');
    const asked = own.ask('silent', '', PATIENT);
    own[Symbol.dispose]();
    await expect(asked).rejects.toThrow(UnavailableError);
  });
});
