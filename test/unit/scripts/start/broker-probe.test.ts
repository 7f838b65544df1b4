import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { waitForBroker } from '../../../../scripts/start/broker-probe.js';
import { NatsServer } from '../../../support/nats-server.ts';

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

/** Something that greets whoever connects with this line. */
async function greeter(greeting: string): Promise<number> {
  server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(`${greeting}\r\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const info = (fields: object): string => `INFO ${JSON.stringify(fields)}`;

function wait(natsUrl: string, more: { timeoutMs?: number; name?: string } = {}): Promise<void> {
  const broker = { natsUrl, setting: 'NATS_URL', advice: 'Start one.', timeoutMs: 0, ...more };
  return waitForBroker(broker, new AbortController().signal);
}

describe('broker probe', () => {
  it('accepts a broker with JetStream, with and without a scheme', async () => {
    await using broker = await NatsServer.start();
    await wait(broker.url);
    await wait(`nats://${broker.url}`);
  });

  it('names the setting when the broker has no JetStream', async () => {
    const port = await greeter(info({ version: '2.9.10' }));
    await expect(wait(`nats://user:secret@127.0.0.1:${port}`)).rejects.toThrow(
      `NATS_URL 127.0.0.1:${port}: this broker has no JetStream, start it with "nats-server -js".`,
    );
  });

  it('leaves it to the services when another server of the cluster may have JetStream', async () => {
    await wait(`127.0.0.1:${await greeter(info({ version: '2.9.10', cluster: 'c1' }))}`);
  });

  it.each(['2.8.4', '1.4.1'])('refuses version %s', async (version) => {
    const port = await greeter(info({ version, jetstream: true }));
    await expect(wait(`127.0.0.1:${port}`)).rejects.toThrow(
      `nats-server ${version} is too old, 2.9 or newer`,
    );
  });

  it.each(['2.9.0', '2.14.1', '3.0.0'])('accepts version %s', async (version) => {
    await wait(`127.0.0.1:${await greeter(info({ version, jetstream: true }))}`);
  });

  it('tells when nothing listens there', async () => {
    const port = await greeter('');
    server?.close();
    await expect(wait(`127.0.0.1:${port}`)).rejects.toThrow(
      `NATS_URL 127.0.0.1:${port}: no broker answers (ECONNREFUSED). Start one.`,
    );
  });

  it('tells when something else listens there', async () => {
    const port = await greeter('HTTP/1.1 400 Bad Request');
    await expect(wait(`127.0.0.1:${port}`)).rejects.toThrow(
      'no broker answers (no greeting of a NATS server)',
    );
  });

  it('takes only the broker of the name that is asked for', async () => {
    const port = await greeter(info({ version: '2.9.10', jetstream: true, server_name: 'other' }));
    await expect(wait(`127.0.0.1:${port}`, { name: 'ours' })).rejects.toThrow('another broker answers');
    await wait(`127.0.0.1:${port}`, { name: 'other' });
  });

  it('tries the next address of several', async () => {
    await using broker = await NatsServer.start();
    await wait(`127.0.0.1:1,${broker.url}`, { timeoutMs: 2000 });
  });
});
