import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import { runOperatorCommand, type CommandResult } from '../../support/operator-command.ts';
import {
  credentials,
  ensureStreamsAsOperator,
  RoleClient,
  startRoleBroker,
} from '../../support/role-broker.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { SseClient } from '../../support/sse-client.ts';
import { startTestGateway, type TestGateway } from '../../support/start-gateway.ts';
import { testEnvironment } from '../../support/test-environment.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';
import { WorkerProcess } from '../../support/worker-process.ts';

const QUESTION = 'Uma pergunta que ninguém no terminal deve ler';
const LARGE_NOTIFICATIONS = 60;
/** Long enough for services on a busy machine. */
const WAIT = ['--wait', '3'];

let owned: DisposalStack;
let nats: NatsServer;
let gateways: readonly TestGateway[];
let workers: readonly WorkerProcess[];
let publisher: RoleClient;
beforeAll(async () => {
  owned = new DisposalStack();
  nats = owned.use(await startRoleBroker());
  await ensureStreamsAsOperator(nats.url);
  const environment = {
    ...credentials('gateway'),
    JWT_SECRET: USER_TOKEN_SECRET,
    MAX_ERRORS: '1',
  };
  gateways = [
    owned.use(await startTestGateway(nats.url, environment)),
    owned.use(await startTestGateway(nats.url, environment)),
  ];
  const worker = { ...credentials('worker'), LOCAL_AGENT_DELAY_MS: '100', LOG_LEVEL: 'debug' };
  workers = [0, 1].map(() => owned.use(new WorkerProcess(testEnvironment(nats.url, worker))));
  await Promise.all(workers.map((process) => process.logged('taking chats')));
  publisher = owned.use(await RoleClient.connect(nats.url, 'publisher'));
}, 60_000);
afterAll(() => owned[Symbol.asyncDispose]());

function inspect(...args: readonly string[]): Promise<CommandResult> {
  return runOperatorCommand('inspect', args, { NATS_URL: nats.url, ...credentials('operator') });
}

async function openChat(sessionId: string, gateway: number, query = ''): Promise<SocketClient> {
  const url = `${gateways[gateway]?.url ?? ''}/ws/chat/${sessionId}${query}`;
  const socket = owned.use(await SocketClient.connect(url));
  await socket.next('connection');
  return socket;
}

describe('npm run inspect', () => {
  it(
    'shows sockets, their lag, why one was closed, and a chat that was taken over',
    { timeout: 90_000 },
    async () => {
      const sessionId = freshId('inspected');
      const token = userToken({ sub: 'maria' });
      const asking = await openChat(sessionId, 0, `?token=${token}`);
      const slow = await openChat(sessionId, 1, `?token=${token}`);
      const stream = owned.use(
        await SseClient.open(`${gateways[1]?.url ?? ''}/sse/chat/${sessionId}?token=${token}`),
      );
      await stream.next('connection');

      asking.send({ type: 'chat', id: 'lost', data: { message: QUESTION } });
      asking.send({ type: 'chat', id: 'next', data: { message: QUESTION } });
      await asking.next('chat');
      const first = await eventually(
        () => workers.find(({ lines }) => lines.some(({ msg }) => msg === 'chat claimed')),
        (worker) => worker !== undefined,
      );
      const waiting = await inspect('request', 'next', ...WAIT);
      first?.signal('SIGKILL');
      await asking.next('chat_complete');
      await asking.next('chat_accepted');
      await asking.nextWhere(({ type, data }) => type === 'chat' && data['request_id'] === 'next');
      asking.send({ type: 'cancel', data: { request_id: 'next' } });
      await asking.next('chat_complete');

      const rude = await openChat(sessionId, 0, `?token=${token}`);
      rude.send('no json');
      rude.send('no json');
      expect(await rude.closed).toEqual({ code: 1008, reason: 'Too many errors' });

      slow.raw.pause();
      // More than the kernel takes for a reader that reads nothing.
      const notification = JSON.stringify({ report: 'x'.repeat(200_000) });
      for (let count = 0; count < LARGE_NOTIFICATIONS; count += 1) {
        publisher.connection.publish(`session.${sessionId}.notification`, notification);
      }
      for (let count = 0; count < LARGE_NOTIFICATIONS; count += 1) await asking.next('notification');
      const { output: behind } = await eventually(
        () => inspect('session', sessionId),
        ({ output }) => output.includes('session: behind at') && output.includes('session: level at'),
        30_000,
      );

      expect(waiting.code).toBe(0);
      expect(waiting.output).toContain(`Request next, session ${sessionId}`);
      expect(waiting.output).toMatch(/waiting chats: next/);

      expect(behind).toMatch(new RegExp(`^Session ${sessionId}\n`));
      expect(behind).toMatch(/gateway \S+ \(port \d+\): 1 of \d+ sockets?\n.*ws, user maria/);
      expect(behind).toMatch(/gateway \S+ \(port \d+\): 2 of \d+ sockets\n/);
      expect(behind).toMatch(/sse, user maria, for [\d.]+ s/);
      expect(behind).toMatch(/session: level at \d+/);
      expect(behind).toMatch(/wait for it\n +session: behind at \d+.*, the channel is \d+ places? further/);
      expect(behind).toMatch(/1008 by the gateway, "Too many errors"/);
      expect(behind).toMatch(/belongs to maria; 2 chats/);
      expect(behind).toMatch(/lost {2}completed in .* s, \d+ chunks, 2 attempts/);
      expect(behind).toMatch(/attempt 1 by \S+: claimed \+.* s, first chunk after .* s, \d+ chunks?, lost/);
      expect(behind).toMatch(/next {2}cancelled in/);
      expect(behind).toMatch(/cancel \+[\d.]+ s\n/);
      expect(behind).toMatch(/attempt 2 by \S+: claimed \+.* s, .* s after the one before, .*, ended/);

      const json = JSON.parse((await inspect('session', sessionId, '--json', ...WAIT)).output) as {
        known: boolean;
        findings: { gateways: unknown[]; workers: { turns: { request_id: string; attempt: number }[] }[] }[];
      };
      expect(json.known).toBe(true);
      expect(json.findings[0]?.gateways).toHaveLength(2);
      // The one that was killed has nothing to say.
      expect(json.findings[0]?.workers).toHaveLength(1);
      expect(json.findings[0]?.workers[0]?.turns).toMatchObject([
        { request_id: 'next', attempt: 1, outcome: 'cancelled' },
        { request_id: 'lost', attempt: 2, outcome: 'completed', delivery: 2 },
      ]);

      const request = await inspect('request', 'lost', ...WAIT);
      expect(request.output).toContain(`Request lost, session ${sessionId}`);
      expect(request.output).toMatch(/lost: attempt 2, agent \S+, delivery 2, .*, completed after/);
      expect(request.output).not.toMatch(/next {2}/);

      for (const said of [behind, waiting.output, request.output, JSON.stringify(json)]) {
        expect(said).not.toContain(QUESTION.slice(0, 12));
        expect(said).not.toContain(token);
        expect(said).not.toContain('xxxx');
      }
    },
  );

  it('shows an investigation: who follows it, where, and what came last', async () => {
    const investigationId = freshId('INV');
    const watching = await SocketClient.connect(
      `${gateways[0]?.url ?? ''}/ws/investigations/${investigationId}`,
    );
    await watching.next('connection');
    const socket = await openChat(freshId('follower'), 1);
    socket.send({ type: 'subscribe', data: { investigation_id: investigationId } });
    await socket.next('subscribed');
    publisher.connection.publish(`investigation.${investigationId}.anomaly`, '{"severity":"secreta"}');
    await socket.next('anomaly_detected');
    await watching.next('anomaly_detected');
    await watching.close();
    const { code, output } = await eventually(
      () => inspect('investigation', investigationId),
      (result) => result.output.includes('Closed lately') && result.output.includes('last anomaly'),
    );
    expect(code).toBe(0);
    expect(output).toMatch(
      new RegExp(
        `ws, anonymous, session follower\\S+, for .*\n(.*\n)? +investigation.${investigationId}: level at`,
      ),
    );
    expect(output).toMatch(/: 1000 by the client \(gateway \S+\)/);
    expect(output).toMatch(/INVESTIGATIONS keeps 1 to \d+; 1 message of this: 1 anomaly/);
    expect(output).toMatch(/last anomaly: \d+, .* ago/);
    expect(output).not.toContain('secreta');
  });

  it('says that something is unknown', async () => {
    const kinds = ['session', 'request', 'investigation'];
    const results = await Promise.all(kinds.map((kind) => inspect(kind, 'never-was', ...WAIT)));
    expect(results).toEqual(
      kinds.map((kind) => ({
        code: 2,
        output: `Nothing is known of ${kind} never-was: no socket, no event, nothing in the queue.\n`,
        errors: '',
      })),
    );
  });

  it('shows how it is used instead of guessing', async () => {
    const wrong = [
      [],
      ['session'],
      ['session', 'a.b'],
      ['socket', 'x'],
      ['session', 'x', '--wait', '0'],
      ['--x'],
    ];
    for (const result of await Promise.all(wrong.map((args) => inspect(...args)))) {
      expect(result).toMatchObject({ code: 1, output: '' });
      expect(result.errors).toMatch(/^Usage: npm run inspect -- session <id>/);
    }
  });
});

it('says that nobody answers, and what the broker knows by itself', async () => {
  await using broker = await startRoleBroker();
  await ensureStreamsAsOperator(broker.url);
  const environment = { NATS_URL: broker.url, ...credentials('operator') };
  const args = ['session', 'somebody', '--wait', '0.5'];
  const unknown = await runOperatorCommand('inspect', args, environment);
  expect(unknown.output).toContain('no gateway and no worker answered');
  expect(unknown.code).toBe(3);

  await using publishing = await RoleClient.connect(broker.url, 'publisher');
  publishing.connection.publish('session.somebody.notification', '{}');
  await publishing.connection.flush();
  const known = await eventually(
    () => runOperatorCommand('inspect', args, environment),
    ({ output }) => output.includes('1 notification'),
  );
  expect(known.output).toContain(
    "No gateway and no worker answered within 0.500 s: this is the broker's word alone.",
  );
  expect(known.code).toBe(3);
});
