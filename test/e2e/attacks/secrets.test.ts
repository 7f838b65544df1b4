import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freePorts } from '../../support/free-ports.ts';
import { freshId } from '../../support/fresh-id.ts';
import { httpAsk } from '../../support/http-client.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import {
  credentials,
  ensureStreamsAsOperator,
  RoleClient,
  startRoleBroker,
} from '../../support/role-broker.ts';
import { RecordedProcess } from '../../support/recorded-process.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { userToken } from '../../support/user-token.ts';

/** What must be found nowhere. Each is its own, so that a leak says where it comes from. */
const SECRET = 'geheim-jwt-secret-canary-0123456789abcdef';
const API_KEY = 'sk-canary-0123456789';
const SAID = 'canaryWhatAPersonWrote';
const PUBLISHED = 'canaryWhatAServicePublished';
const NAME = 'canaryNameOfAPerson';
const BAD_INPUT = 'canaryOfNonsense';

let owned: DisposalStack;
let nats: NatsServer;
let gateway: RecordedProcess;
let worker: RecordedProcess;
let modelWorker: RecordedProcess;
let port: number;
const adminUrls: string[] = [];
/** Every token a client has shown, good or bad. */
const tokens: string[] = [];
/** Everything clients were told of errors, and how they were closed. */
const told: string[] = [];

beforeAll(async () => {
  owned = new DisposalStack();
  nats = owned.use(await startRoleBroker());
  await ensureStreamsAsOperator(nats.url);
  const [main = 0, admin = 0, workerAdmin = 0] = await freePorts(3);
  port = main;
  adminUrls.push(`http://127.0.0.1:${admin}`, `http://127.0.0.1:${workerAdmin}`);
  const environment = {
    ...testEnvironment(nats.url),
    LOG_LEVEL: 'trace',
    PORT: String(main),
    ADMIN_PORT: String(admin),
    WORKER_ADMIN_PORT: String(workerAdmin),
    JWT_SECRET: SECRET,
    MAX_ERRORS: '1000',
    // Spans and log records, as they would leave the machine, on standard output.
    OTEL_TRACES_EXPORTER: 'console',
    OTEL_LOGS_EXPORTER: 'console',
  };
  gateway = owned.use(await RecordedProcess.start('gateway', { ...environment, ...credentials('gateway') }));
  const workerEnvironment = { ...environment, ...credentials('worker') };
  worker = owned.use(await RecordedProcess.start('chat-worker', workerEnvironment));
  await everythingThatHappens();
  await worker.stop();
  // A model API that gives back in its errors whatever it was told, the key too.
  const model = createServer((request, response) => {
    request.setEncoding('utf8').on('data', (body: string) => {
      response.writeHead(401, { 'Content-Type': 'application/json' });
      const message = `${request.headers.authorization ?? ''} ${body} ${SAID}`;
      response.end(JSON.stringify({ error: { message, code: SAID, param: SAID, type: SAID } }));
    });
  });
  model.listen(0, '127.0.0.1');
  await once(model, 'listening');
  owned.defer(() => model.close());
  const { port: modelPort } = model.address() as AddressInfo;
  modelWorker = owned.use(
    await RecordedProcess.start('chat-worker', {
      ...workerEnvironment,
      OPENAI_API_KEY: API_KEY,
      OPENAI_MODEL: 'canary',
      OPENAI_BASE_URL: `http://127.0.0.1:${modelPort}/v1`,
    }),
  );
  const asking = await open(`/ws/chat/${freshId('s')}`);
  asking.send({ type: 'chat', data: { message: SAID } });
  told.push(JSON.stringify(await asking.next('error')));
}, 60_000);
afterAll(() => owned[Symbol.asyncDispose]());

function shown(token: string): string {
  tokens.push(token);
  return token;
}

const tokenOf = (sub: string): string => shown(userToken({ sub, name: NAME }, SECRET));

async function open(
  path: string,
  options: Parameters<typeof SocketClient.connect>[1] = {},
): Promise<SocketClient> {
  return owned.use(await SocketClient.connect(`ws://127.0.0.1:${port}${path}`, options));
}

async function everythingThatHappens(): Promise<void> {
  const publisher = owned.use(await RoleClient.connect(nats.url, 'publisher'));
  const sub = freshId('maria');
  const session = freshId('s');
  const path = `/ws/chat/${session}`;
  const sockets = [
    await open(`${path}?token=${tokenOf(sub)}`),
    await open(path, { headers: { Authorization: `Bearer ${tokenOf(sub)}` } }),
    await open(path, { subProtocols: ['cidadao.v1', 'bearer', tokenOf(sub)] }),
  ];
  const [socket] = sockets;
  if (socket === undefined) throw new Error('no socket');
  await Promise.all(sockets.map((each) => each.next('connection')));
  socket.send({ type: 'auth', data: { token: tokenOf(sub) } });
  await socket.next('authenticated');

  // A question, its repeat, its history, a cancel, a subscription, what services publish.
  const investigation = freshId('INV');
  socket.send({ type: 'subscribe', data: { investigation_id: investigation } });
  await socket.next('subscribed');
  publisher.connection.publish(
    `investigation.${investigation}.anomaly`,
    JSON.stringify({ description: PUBLISHED }),
  );
  publisher.connection.publish(`session.${session}.notification`, JSON.stringify({ text: PUBLISHED }));
  publisher.connection.publish(`session.${session}.notification`, `${PUBLISHED}, but no JSON`);
  publisher.connection.publish(`investigation.${investigation}.progress`, `["${PUBLISHED}"]`);
  await socket.next('anomaly_detected');
  for (const id of ['q1', `q ${SAID}`]) {
    socket.send({
      type: 'chat',
      id,
      data: { message: `${SAID} ${investigation}?`, agent_id: SAID, context: SAID },
    });
    await socket.next('chat_complete');
  }
  socket.send({ type: 'chat', id: 'q1', data: { message: SAID } });
  await socket.next('chat_accepted');
  socket.send({ type: 'history' });
  await socket.next('history');
  socket.send({ type: 'cancel', data: { request_id: 'q1' } });
  const asked = await httpAsk(`http://127.0.0.1:${port}/api/v1/chat/${session}?token=${tokenOf(sub)}`, {
    method: 'POST',
    body: { message: SAID, traceparent: SAID },
  });
  expect(asked.status).toBe(202);

  // Everything that goes wrong.
  for (const message of [
    BAD_INPUT,
    `{"type":"${BAD_INPUT}"}`,
    `{"type":"chat","data":{"message":["${BAD_INPUT}"]}}`,
    `{"type":"subscribe","data":{"investigation_id":"${BAD_INPUT}."}}`,
    `{"type":"history","data":{"before":"${BAD_INPUT}"}}`,
    `{"type":"auth","data":{"token":7,"x":"${BAD_INPUT}"}}`,
    `{"type":"chat","id":"${BAD_INPUT.repeat(20)}","data":{"message":"${SAID}"}}`,
  ]) {
    socket.send(message);
    told.push(JSON.stringify(await socket.next('error')));
  }
  const bad = [
    shown(userToken({ sub, name: NAME }, 'another-secret-of-more-than-32-bytes!')),
    shown(userToken({ sub, name: NAME, expiresInSeconds: -60 }, SECRET)),
    shown(`${userToken({ sub }, SECRET)}x`),
    shown('canary.token.nonsense'),
  ];
  for (const token of bad) {
    const refused = await open(`${path}?token=${token}`);
    told.push(JSON.stringify(await refused.closed));
    const renewing = await open(`${path}?token=${tokenOf(sub)}`);
    renewing.send({ type: 'auth', data: { token } });
    told.push(JSON.stringify(await renewing.closed));
    told.push((await httpAsk(`http://127.0.0.1:${port}/sse/chat/${session}?token=${token}`)).text);
  }
  // A token where none belongs: in the path, as a cursor, as an origin.
  const [misplaced = ''] = tokens;
  told.push((await rawUpgrade(port, `/ws/chat/${misplaced}`)).body);
  told.push((await rawUpgrade(port, `${path}?since=${misplaced}`)).body);
  told.push((await httpAsk(`http://127.0.0.1:${port}/${misplaced}?token=${misplaced}`)).text);
  for (const url of adminUrls) told.push((await httpAsk(`${url}/metrics?token=${misplaced}`)).text);

  // The broker goes and comes back.
  await nats.kill();
  socket.send({ type: 'chat', id: 'q2', data: { message: SAID } });
  told.push(
    JSON.stringify(
      await socket.nextWhere(({ type, data }) => type === 'error' && data['request_id'] === 'q2'),
    ),
  );
  await nats.restart();
  await eventually(
    async () => (await fetch(`${adminUrls[0] ?? ''}/readyz`)).status,
    (status) => status === 200,
    20_000,
  );
  const operator = owned.use(await RoleClient.connect(nats.url, 'operator'));
  operator.connection.publish('control.revoke', JSON.stringify({ sub, note: SAID }));
  operator.connection.publish('control.revoke', `{"${BAD_INPUT}"`);
  told.push(JSON.stringify(await socket.closed));
}

/** Where each canary was found, to fail with. */
function leaks(text: string): string[] {
  const canaries = [
    ...[SECRET, API_KEY, SAID, PUBLISHED, NAME, BAD_INPUT],
    ...Object.values({ ...credentials('gateway'), ...credentials('worker') }).filter((value) =>
      value.startsWith('p-of'),
    ),
    ...tokens,
    ...tokens.flatMap((token) => token.split('.').slice(1)),
  ].filter((canary) => canary.length > 5);
  return canaries.flatMap((canary) => {
    const at = text.indexOf(canary);
    return at < 0 ? [] : [text.slice(Math.max(0, at - 200), at + canary.length + 50)];
  });
}

describe('after everything that can happen', () => {
  it('a run has said enough for a leak to show', async () => {
    expect(gateway.isRunning).toBe(true);
    expect(modelWorker.isRunning).toBe(true);
    for (const service of [gateway, worker]) {
      expect(service.output.split('\n').length).toBeGreaterThan(50);
      expect(service.output).toContain('traceId');
    }
    expect(gateway.output).toContain('"level":"trace"');
    expect(tokens.length).toBeGreaterThan(10);
    expect(told.length).toBeGreaterThan(20);
    expect(leaks(`… ${tokens[0]?.split('.')[2] ?? ''} …`)).not.toEqual([]);
    expect((await fetch(`${adminUrls[0] ?? ''}/metrics`)).status).toBe(200);
  });

  it('logs and spans hold no token, secret or text', () => {
    expect(leaks(gateway.output)).toEqual([]);
    expect(leaks(worker.output)).toEqual([]);
    expect(modelWorker.output).toContain('chat failed');
    expect(leaks(modelWorker.output)).toEqual([]);
  });

  it('log lines are one JSON object each, whatever was sent', () => {
    const lines = gateway.output.split('\n').filter((line) => line.startsWith('{"level"'));
    expect(lines.length).toBeGreaterThan(50);
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ service: 'gateway' });
  });

  it('metrics do not', async () => {
    for (const url of adminUrls) {
      const { text } = await httpAsk(`${url}/metrics`);
      expect(text.length).toBeGreaterThan(1_000);
      expect(leaks(text)).toEqual([]);
      // Ids neither: there are as many of them as people.
      expect(text).not.toMatch(/s-[0-9a-f]{8}-|maria-|INV-/);
    }
  });

  it('errors and close reasons do not', () => {
    expect(leaks(told.join('\n'))).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('the arguments of processes do not', () => {
    expect(gateway.commandLine).toContain('main.js');
    expect(leaks(gateway.commandLine + modelWorker.commandLine)).toEqual([]);
  });
});
