import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { assertPortsFree } from '../../../../scripts/start/ports.js';

async function listen(host: string): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('ports', () => {
  it('accepts free ports and leaves them free', async () => {
    const { port, ...taken } = await listen('127.0.0.1');
    await taken[Symbol.asyncDispose]();
    const wanted = [{ setting: 'PORT', host: '127.0.0.1', port }];
    await assertPortsFree(wanted);
    await assertPortsFree(wanted);
  });

  it('names the setting of a taken port, and what else helps', async () => {
    await using taken = await listen('127.0.0.1');
    const wanted = [{ setting: 'NATS_PORT', host: '127.0.0.1', port: taken.port, hint: 'NATS_URL' }];
    await expect(assertPortsFree(wanted)).rejects.toThrow(
      `NATS_PORT ${taken.port} is in use already: set NATS_PORT to a free port, or NATS_URL.`,
    );
  });

  it('sees a listener on loopback when all addresses are wanted', async () => {
    await using taken = await listen('127.0.0.1');
    await expect(assertPortsFree([{ setting: 'PORT', host: '0.0.0.0', port: taken.port }])).rejects.toThrow(
      /^PORT \d+ is in use already/,
    );
  });

  it('names both settings that are given one port', async () => {
    const { port, ...free } = await listen('127.0.0.1');
    await free[Symbol.asyncDispose]();
    const wanted = ['PORT', 'ADMIN_PORT'].map((setting) => ({ setting, host: '127.0.0.1', port }));
    await expect(assertPortsFree(wanted)).rejects.toThrow(`PORT and ADMIN_PORT are both ${port}.`);
  });

  it('names the setting when the host is not of this machine', async () => {
    await expect(assertPortsFree([{ setting: 'PORT', host: '192.0.2.1', port: 8000 }])).rejects.toThrow(
      "PORT 8000 can't be used on 192.0.2.1: EADDRNOTAVAIL.",
    );
  });
});
