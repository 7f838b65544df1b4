import { connect } from '@nats-io/transport-node';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, it } from 'vitest';
import { SessionShards, storedIn } from '../../../shared/bus-protocol/session-shards.ts';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { eventually } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { NatsServer } from '../../support/nats-server.ts';
import { runOperatorCommand } from '../../support/operator-command.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { startTestGateway } from '../../support/start-gateway.ts';
import { startTestWorker } from '../../support/start-worker.ts';
import { brokerMappings } from '../../support/test-shards.ts';

const brokerFor = (count: number): Promise<NatsServer> =>
  NatsServer.start({ config: brokerMappings(new SessionShards(count)) });
const shards = (count: number) => ({ STREAM_SHARDS: String(count) });

/** How many messages all streams hold together. */
async function messages({ url }: NatsServer): Promise<number> {
  const connection = await connect({ servers: url });
  try {
    const manager = await jetstreamManager(connection);
    const streams = await manager.streams.list().next();
    return streams.reduce((sum, { state }) => sum + state.messages, 0);
  } finally {
    await connection.close();
  }
}

describe('the broker’s mapping', () => {
  it.each([2, 3, 7])('of %i shards is the services’ hash', async (count) => {
    await using nats = await brokerFor(count);
    await using services = new DisposalStack();
    services.use(await startTestGateway(nats.url, shards(count)));
    const connection = await connect({ servers: nats.url });
    const client = jetstream(connection);
    const used = new Set<string>();
    for (let index = 0; index < 300; index += 1) {
      const session = freshId('x'.repeat(1 + (index % 90)));
      const { stream } = await client.publish(`session.${session}.notification`, '{}');
      expect(stream).toBe(new SessionShards(count).streamOf(session));
      used.add(stream);
    }
    expect(used.size).toBe(count);
    await connection.close();
  });

  it.each([
    ['there is none', 1, 2],
    ['it is for more', 3, 2],
    ['it is for fewer', 2, 3],
    ['it is for twice as many', 4, 2],
    ['there should be none', 2, 1],
  ])('is missed at the start where %s, and nothing is stored for it', async (_what, has, wants) => {
    await using nats = await brokerFor(has);
    const problem =
      wants === 1
        ? 'spreads sessions over several streams: its configuration needs no mapping'
        : `does not spread sessions over ${wants} streams: its configuration needs mappings: { ` +
          `"session.*.>": "shard.{{partition(${wants},1)}}.session.{{wildcard(1)}}.>" }`;
    for (const start of [
      () => startTestGateway(nats.url, shards(wants)),
      () => startTestWorker(nats.url, { overrides: shards(wants) }),
    ]) {
      await expect(start()).rejects.toThrow(`STREAM_SHARDS is ${wants}, but the broker ${problem}`);
    }
    expect(await messages(nats)).toBe(0);
  });

  it('is checked without a trace in the streams', async () => {
    await using nats = await brokerFor(4);
    await using services = new DisposalStack();
    services.use(await startTestGateway(nats.url, shards(4)));
    services.use(await startTestWorker(nats.url, { overrides: shards(4) }));
    expect(await messages(nats)).toBe(0);
  });
});

describe('another number of streams', () => {
  it.each([
    [1, 2, 'STREAM_SHARDS is 2, but stream SESSIONS is there'],
    [2, 1, 'STREAM_SHARDS is 1, but stream SESSIONS_0 is there'],
    [2, 3, 'Stream SESSIONS_0 is "sessions, shard 0 of 2" and not "sessions, shard 0 of 3"'],
  ])('than the %i that are there is refused: %i', async (has, wants, problem) => {
    await using nats = await brokerFor(has);
    await (await startTestGateway(nats.url, shards(has)))[Symbol.asyncDispose]();
    await expect(startTestGateway(nats.url, shards(wants))).rejects.toThrow(
      `${problem}: sessions are kept in another number of streams`,
    );
    const environment = { NATS_URL: nats.url, ...shards(wants) };
    const said = await runOperatorCommand('streams-ensure', [], environment);
    expect({ code: said.code, errors: said.errors }).toEqual({
      code: 1,
      errors: expect.stringContaining(problem) as string,
    });
  });

  it('is a new beginning: old cursors say so, and chats that wait are answered', async () => {
    await using nats = await brokerFor(1);
    const session = freshId('s');
    const one = await startTestGateway(nats.url, shards(1));
    const socket = await SocketClient.connect(`${one.url}/ws/chat/${session}`);
    const { cursor } = (await socket.next('connection')).data;
    socket.send({ type: 'chat', id: 'waits', data: { message: 'Olá!' } });
    await socket.next('chat_accepted');
    await socket.close();
    await one[Symbol.asyncDispose]();

    await nats.restart(brokerMappings(new SessionShards(2)));
    const moved = await runOperatorCommand('streams-ensure', ['--replace-sessions'], {
      NATS_URL: nats.url,
      ...shards(2),
    });
    expect(moved).toMatchObject({ code: 0, errors: '' });
    expect(moved.output).toContain('SESSIONS_0, SESSIONS_1');
    await using two = await startTestGateway(nats.url, shards(2));
    await using services = new DisposalStack();
    services.use(await startTestWorker(nats.url, { overrides: shards(2) }));
    const since = encodeURIComponent(String(cursor));
    await using again = await SocketClient.connect(`${two.url}/ws/chat/${session}?since=${since}`);
    expect((await again.next('connection')).data['recovered']).toBe(false);
    expect((await again.next('chat_complete')).data['request_id']).toBe('waits');
  });
});

it('makes a gateway unready when one of the streams is gone', async () => {
  await using nats = await brokerFor(2);
  await using gateway = await startTestGateway(nats.url, shards(2));
  const ready = async (): Promise<number> => (await fetch(`${gateway.adminUrl}/readyz`)).status;
  await eventually(ready, (status) => status === 200);
  const connection = await connect({ servers: nats.url });
  const manager = await jetstreamManager(connection);
  expect((await manager.streams.info('SESSIONS_1')).config.subjects).toEqual([
    storedIn('SESSIONS_1', 'session.>'),
  ]);
  await manager.streams.delete('SESSIONS_1');
  await eventually(ready, (status) => status === 503, 15_000);
  await connection.close();
});
