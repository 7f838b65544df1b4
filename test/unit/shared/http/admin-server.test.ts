import { describe, expect, test } from 'vitest';
import { AdminServer, type AdminServerOptions } from '../../../../shared/http/admin-server.ts';

function options(changes: Partial<AdminServerOptions> = {}): AdminServerOptions {
  return {
    host: '127.0.0.1',
    port: 0,
    portSetting: 'SOME_PORT',
    isReady: () => Promise.resolve(true),
    metrics: () => Promise.resolve({ contentType: 'text/plain', body: 'up 1\n' }),
    ...changes,
  };
}

describe('the admin server', () => {
  test('says whether the service is alive, and apart from that whether it is ready', async () => {
    let ready = false;
    await using server = await AdminServer.start(options({ isReady: () => Promise.resolve(ready) }));
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    ready = true;
    expect((await fetch(`${server.url}/readyz?verbose`)).status).toBe(200);
  });

  test('hands out the metrics', async () => {
    await using server = await AdminServer.start(options());
    const answer = await fetch(`${server.url}/metrics`);
    expect([answer.headers.get('content-type'), await answer.text()]).toEqual(['text/plain', 'up 1\n']);
  });

  test('refuses everything else, and survives what it asks', async () => {
    const metrics = () => Promise.reject(new Error('boom'));
    await using server = await AdminServer.start(options({ metrics }));
    expect((await fetch(`${server.url}/other`)).status).toBe(404);
    expect((await fetch(`${server.url}/healthz`, { method: 'POST' })).status).toBe(405);
    expect((await fetch(`${server.url}/metrics`)).status).toBe(500);
    expect((await fetch(`${server.url}/healthz`, { method: 'HEAD' })).status).toBe(200);
  });

  test('names the setting when its address can not be used', async () => {
    await using server = await AdminServer.start(options());
    const taken = AdminServer.start(options({ port: server.port }));
    await expect(taken).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `SOME_PORT: 127.0.0.1:${server.port} is in use`,
    });
    const nowhere = AdminServer.start(options({ host: '192.0.2.1' }));
    await expect(nowhere).rejects.toMatchObject({ code: 'ADDRESS_UNUSABLE' });
  });

  test('is gone when it is disposed, also with a connection open, and also twice', async () => {
    const server = await AdminServer.start(options());
    const { url } = server;
    await fetch(`${url}/healthz`, { keepalive: true });
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  });
});
