import { afterAll, beforeAll, expect, it } from 'vitest';
import { findHaproxy } from '../../scripts/test/haproxy.js';
import { DisposalStack } from '../../shared/lifecycle/disposal-stack.ts';
import { readCompose } from '../deploy/compose-file.ts';
import { Container } from '../e2e/deploy/container.ts';
import { ROOT } from '../house/source-tree.ts';
import { freePorts } from '../support/free-ports.ts';
import { freshId } from '../support/fresh-id.ts';
import type { NatsServer } from '../support/nats-server.ts';
import { OtlpReceiver } from '../support/otlp-receiver.ts';
import { startClusterNode } from '../support/role-broker.ts';
import { SocketClient } from '../support/socket-client.ts';

/**
 * `docker compose up`, by hand: no engine runs here. Each service is a process with the command and the environment
 * that the file gives it, but for where things are.
 */
const { services } = readCompose();
const HEADERS = { Origin: 'http://localhost:8000' };

const owned = new DisposalStack();
const nodes: NatsServer[] = [];
let collector: OtlpReceiver;
beforeAll(async () => {
  const names = ['nats-1', 'nats-2', 'nats-3'];
  const ports = await freePorts(names.length);
  const starting = names.map(async (name, index) =>
    owned.use(await startClusterNode(index, ports, { environment: services[name]?.environment ?? {} })),
  );
  nodes.push(...(await Promise.all(starting)));
  collector = owned.use(await OtlpReceiver.start());
});
afterAll(() => owned[Symbol.asyncDispose]());

/** A service of the file. */
function run(name: string, environment: Readonly<Record<string, string>> = {}): Container {
  const service = services[name];
  if (service?.command === undefined) throw new Error(`${name} has no command`);
  return owned.use(
    new Container(ROOT, service.command, {
      NODE_ENV: 'production',
      ...service.environment,
      NATS_URL: nodes.map(({ url }) => url).join(','),
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_METRIC_EXPORT_INTERVAL: '1000',
      HOST: '127.0.0.1',
      ADMIN_HOST: '127.0.0.1',
      ...environment,
    }),
  );
}

/** As an engine asks it. */
async function untilHealthy(name: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const [how, ...command] = services[name]?.healthcheck?.test ?? [];
  expect(how).toBe('CMD');
  await Container.untilHealthy(ROOT, command, environment);
}

/** Until it ends well: as `restart: on-failure` has it, while the brokers have not found each other. */
async function complete(name: string): Promise<void> {
  expect(services[name]?.['restart']).toBe('on-failure');
  for (let tries = 5; ; tries -= 1) {
    const container = run(name);
    if ((await container.ended()) === 0) return;
    if (tries === 1) throw new Error(container.output);
  }
}

it.skipIf(findHaproxy(process.env) === undefined)(
  'the services of docker-compose.yml find each other: a chat and an anomaly come through the proxy',
  async () => {
    await complete('streams');
    const [proxyPort = 0, ...ports] = await freePorts(9);
    const take = (): string => String(ports.pop());
    const gateways = ['gateway-1', 'gateway-2'].map((name) => {
      const own = { PORT: take(), ADMIN_PORT: take(), TRUSTED_PROXIES: '127.0.0.1', DRAIN_SECONDS: '0' };
      return { name, own, container: run(name, own) };
    });
    const workers = ['chat-worker-1', 'chat-worker-2'].map((name) => {
      const own = { WORKER_ADMIN_PORT: take() };
      return { name, own, container: run(name, own) };
    });
    for (const { name, own } of gateways) await untilHealthy(name, { ...own, WORKER_ADMIN_PORT: '1' });
    for (const { name, own } of workers) await untilHealthy(name, { ...own, ADMIN_PORT: '1' });
    const publisher = run('publisher', { EVERY_MS: '100' });
    const [one, other] = gateways.map(({ own }) => own);
    owned.use(
      new Container(ROOT, [findHaproxy(process.env) ?? '', '-db', '-f', 'deploy/proxy/haproxy.cfg'], {
        ...services['proxy']?.environment,
        PROXY_MAX_CONNECTIONS: '100',
        PROXY_BIND: `127.0.0.1:${proxyPort}`,
        GATEWAY_1: `127.0.0.1:${one?.PORT ?? ''}`,
        GATEWAY_1_ADMIN_PORT: one?.ADMIN_PORT ?? '',
        GATEWAY_2: `127.0.0.1:${other?.PORT ?? ''}`,
        GATEWAY_2_ADMIN_PORT: other?.ADMIN_PORT ?? '',
      }),
    );
    const asking = ['-e', `fetch('http://127.0.0.1:${proxyPort}/healthz').then((a) => process.exit(+!a.ok))`];
    await Container.untilHealthy(ROOT, ['node', ...asking], {});

    const socket = await SocketClient.connect(`ws://127.0.0.1:${proxyPort}/ws/chat/${freshId('s')}`, {
      headers: HEADERS,
    });
    socket.send({ type: 'subscribe', data: { investigation_id: 'INV-DEMO' } });
    await socket.next('anomaly_detected');
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    expect((await socket.next('chat_complete')).data['status']).toBe('completed');

    for (const container of [publisher, ...[...gateways, ...workers].map((service) => service.container)]) {
      container.signal('SIGTERM');
      expect(await container.ended(), container.output).toBe(0);
    }
    // What the dashboard draws has been sent where the file says.
    const names = new Set(collector.metrics.map(({ name }) => name));
    expect(names).toContain('rt.chat.time_to_first_chunk');
    expect(collector.spans.length).toBeGreaterThan(0);
  },
);
