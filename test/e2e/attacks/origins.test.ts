import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshId } from '../../support/fresh-id.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import { System } from '../../support/system.ts';

const ALLOWED = 'https://app.example.org';

let system: System;
beforeAll(async () => {
  system = await System.start({
    workers: 0,
    environment: { ALLOWED_ORIGINS: `${ALLOWED}, http://localhost:3000` },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

const port = (): number => system.gateways[0]?.port ?? 0;
const upgrade = (headers: Record<string, string>): Promise<{ status: number; body: string }> =>
  rawUpgrade(port(), `/ws/chat/${freshId('s')}`, headers);

describe('another’s page', () => {
  it.each([
    'https://evil.example',
    'https://app.example.org.evil.com',
    'https://evil-app.example.org',
    'https://sub.app.example.org',
    'https://app.example.org:8443',
    'https://app.example.org:443',
    'http://app.example.org',
    'https://app.example.org/',
    'https://app.example.org#',
    'https://APP.example.org',
    'HTTPS://app.example.org',
    'https://app.example.org ,https://evil.example',
    'https://app.example.org@evil.example',
    'https://аpp.example.org',
    'http://localhost:3001',
    'http://localhost',
    'http://127.0.0.1:3000',
    'null',
    'file://',
    '*',
  ])('at %s opens no socket', async (origin) => {
    const { status, body } = await upgrade({ Origin: origin });
    expect(status).toBe(403);
    expect(JSON.parse(body)).toEqual({ error: { code: 'FORBIDDEN', message: 'Origem não permitida' } });
  });

  it.each(['https://evil.example', 'null'])('at %s reads no answer', async (origin) => {
    for (const path of ['/healthz', '/api/v1/ws/health', '/']) {
      const { headers } = await fetch(`http://127.0.0.1:${port()}${path}`, { headers: { Origin: origin } });
      expect(headers.get('access-control-allow-origin')).toBeNull();
      expect(headers.get('vary')).toMatch(/origin/i);
    }
    const preflight = await fetch(`http://127.0.0.1:${port()}/healthz`, {
      method: 'OPTIONS',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(403);
  });

  it('is not let in for a good name in another header', async () => {
    const headers = {
      Origin: 'https://evil.example',
      Referer: ALLOWED,
      'X-Forwarded-Host': 'app.example.org',
    };
    expect((await upgrade(headers)).status).toBe(403);
    expect((await upgrade({ ...headers, 'Sec-WebSocket-Origin': ALLOWED })).status).toBe(403);
  });
});

describe('who may', () => {
  it.each([ALLOWED, 'http://localhost:3000'])('at %s opens sockets and reads answers', async (origin) => {
    expect((await upgrade({ Origin: origin })).status).toBe(101);
    const { headers } = await fetch(`http://127.0.0.1:${port()}/healthz`, { headers: { Origin: origin } });
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('without an origin is no browser, and passes', async () => {
    expect((await upgrade({})).status).toBe(101);
  });
});
