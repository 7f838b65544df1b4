import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DisposalStack } from '../../../shared/lifecycle/disposal-stack.ts';
import { OWN_IMAGE, readCompose } from '../../deploy/compose-file.ts';
import { freePorts } from '../../support/free-ports.ts';
import { freshId } from '../../support/fresh-id.ts';
import type { NatsServer } from '../../support/nats-server.ts';
import { startRoleBroker, ROLE_PASSWORDS } from '../../support/role-broker.ts';
import { SocketClient } from '../../support/socket-client.ts';
import { TEST_SHARDS } from '../../support/test-shards.ts';
import { Container } from './container.ts';
import { Image } from './image.ts';

/** No engine runs here: each command of the image is run by hand, in a folder as the image would be. */
let owned: DisposalStack;
let image: Image;
let nats: NatsServer;
const compose = readCompose();

beforeAll(async () => {
  owned = new DisposalStack();
  image = Image.build();
  nats = owned.use(await startRoleBroker());
}, 120_000);
afterAll(async () => {
  await owned[Symbol.asyncDispose]();
  image[Symbol.dispose]();
});

/** A service of the compose file, on this machine: its own settings but for where things are. */
function run(name: string, environment: Readonly<Record<string, string>> = {}): Container {
  const service = compose.services[name];
  if (service?.image !== OWN_IMAGE) throw new Error(`${name} is not of this image`);
  const role = service.environment['NATS_USER'] ?? '';
  return owned.use(
    new Container(image.folder, service.command ?? image.command, {
      ...image.environment,
      ...service.environment,
      NATS_URL: nats.url,
      STREAM_SHARDS: String(TEST_SHARDS.count),
      NATS_PASSWORD: ROLE_PASSWORDS[`NATS_${role.toUpperCase()}_PASSWORD`] ?? '',
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      ...environment,
    }),
  );
}

describe('the image', () => {
  it('holds the one native binary, no tools for development, and is not run as root', () => {
    const { platform, arch, versions } = process;
    expect(image.binaries.filter((path) => path.includes('uWebSockets'))).toEqual([
      `node_modules/uWebSockets.js/uws_${platform}_${arch}_${versions.modules}.node`,
    ]);
    for (const tool of ['typescript', 'vitest']) {
      expect(existsSync(join(image.folder, 'node_modules', tool))).toBe(false);
    }
    expect(image.user).toBe('node');
  });

  it('makes the streams, serves chats, publishes, and drains on SIGTERM', async () => {
    const [port = 0, adminPort = 0, workerAdminPort = 0] = await freePorts(3);
    const streams = run('single-streams');
    expect(await streams.ended(), streams.output).toBe(0);
    const gateway = run('single-gateway', {
      PORT: String(port),
      ADMIN_PORT: String(adminPort),
      DRAIN_SECONDS: '0',
    });
    const worker = run('single-worker', { WORKER_ADMIN_PORT: String(workerAdminPort) });
    const publisher = run('single-publisher', { EVERY_MS: '100' });
    const ready = [
      { ADMIN_PORT: String(adminPort), WORKER_ADMIN_PORT: '1' },
      { ADMIN_PORT: '1', WORKER_ADMIN_PORT: String(workerAdminPort) },
    ];
    for (const ports of ready) await Container.untilHealthy(image.folder, image.healthCheck, ports);

    const page = await fetch(`http://127.0.0.1:${port}/`);
    expect(page.status).toBe(200);
    const headers = { Origin: 'http://localhost:8000' };
    const socket = await SocketClient.connect(`ws://127.0.0.1:${port}/ws/chat/${freshId('s')}`, { headers });
    socket.send({ type: 'subscribe', data: { investigation_id: 'INV-DEMO' } });
    await socket.next('anomaly_detected');
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    expect((await socket.next('chat_complete')).data['status']).toBe('completed');

    for (const service of [publisher, gateway, worker]) {
      service.signal('SIGTERM');
      expect(await service.ended(), service.output).toBe(0);
    }
    expect((await socket.closed).code).toBe(1001);
    await expect(Container.untilHealthy(image.folder, image.healthCheck, ready[0] ?? {}, 1)).rejects.toThrow(
      'unhealthy',
    );
  }, 120_000);
});
