import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import { OtlpReceiver } from '../../support/otlp-receiver.ts';
import { ServicePair } from '../../support/service-pair.ts';

const START = new URL('../../../dist/shared/telemetry/start.js', import.meta.url).href;
const LOADED = `import Module from 'node:module';
const modules = Object.keys(Module._cache).filter((path) => path.includes('@opentelemetry'));
console.log(JSON.stringify({ sdk: modules.some((path) => path.includes('sdk-node')), exporters: modules.filter((path) => path.includes('otlp')).length }));`;

/** What of OpenTelemetry is in the process once it was started before a service. */
async function loadedWith(env: Record<string, string>): Promise<unknown> {
  const { PATH = '' } = process.env;
  const args = ['--import', START, '--input-type=module', '--eval', LOADED];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: { PATH, ...env } });
  return JSON.parse(stdout);
}

describe('without an exporter', () => {
  test.each([
    ['nothing is set', {}],
    ['only a service name is', { OTEL_SERVICE_NAME: 'x' }],
    ['exporters are switched off', { OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }],
    ['the SDK is', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }],
    ['only Prometheus is wanted', { OTEL_METRICS_EXPORTER: 'prometheus' }],
  ])('no SDK is loaded: %s', async (_, env) => {
    expect(await loadedWith(env)).toEqual({ sdk: false, exporters: 0 });
  });

  test('an endpoint is enough to load it, one signal alone loads no other', async () => {
    expect(await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })).toMatchObject({
      sdk: true,
    });
    expect(await loadedWith({ OTEL_METRICS_EXPORTER: 'console' })).toEqual({ sdk: false, exporters: 0 });
  });

  test('messages carry no trace and log lines no ids', { timeout: 60_000 }, async () => {
    await using services = await ServicePair.start({});
    const sessionId = freshId('untraced');
    await using socket = await services.openChat(sessionId);
    socket.send({ type: 'chat', id: 'q', data: { message: 'Olá!' } });
    await socket.next('chat_complete');
    const end = await services.publisher.lastStored('SESSIONS', `session.${sessionId}.chat.q`);
    expect(end?.text).toContain('chat_complete');
    expect(end?.header('traceparent')).toBeUndefined();
    expect(await services.gateway.logged('chat accepted')).not.toHaveProperty('trace_id');
  });
});

test('a sampler is honoured, and its decision travels', { timeout: 60_000 }, async () => {
  await using receiver = await OtlpReceiver.start();
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, OTEL_TRACES_SAMPLER: 'always_off' };
  await using services = await ServicePair.start(environment);
  const sessionId = freshId('unsampled');
  await using socket = await services.openChat(sessionId);
  socket.send({ type: 'chat', id: 'q', data: { message: 'Olá!' } });
  await socket.next('chat_complete');
  const end = await services.publisher.lastStored('SESSIONS', `session.${sessionId}.chat.q`);
  expect(end?.header('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  await services.stop();
  receiver.throwFailure();
  expect(receiver.spans).toEqual([]);
  expect(receiver.logs.length).toBeGreaterThan(0);
});

describe('a collector that is no use', () => {
  /** Between the signal and the exit, a drain of no sockets included. The SDK alone took 8.2 s. */
  const MOST_MS = 4_000;

  const stopsInTime = async (endpoint: string): Promise<void> => {
    await using services = await ServicePair.start({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
    const socket = await services.openChat(freshId('lost'));
    socket.send({ type: 'chat', data: { message: 'Olá!' } });
    await socket.next('chat_complete');
    await socket.close();
    const signalledMs = performance.now();
    expect(await services.stop()).toEqual([0, 0]);
    expect(performance.now() - signalledMs).toBeLessThan(MOST_MS);
  };

  test('because it never answers, holds up no exit', { timeout: 60_000 }, async () => {
    const silent = createServer(() => undefined);
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      await stopsInTime(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    } finally {
      silent.close();
    }
  });

  test('because it is not there, holds up no exit', { timeout: 60_000 }, async () => {
    await stopsInTime('http://127.0.0.1:1');
  });
});
