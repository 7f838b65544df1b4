import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, inTime } from '../../support/eventually.ts';
import { freshId } from '../../support/fresh-id.ts';
import { RawHttp } from '../../support/raw-http.ts';
import { rawUpgrade } from '../../support/raw-upgrade.ts';
import { System } from '../../support/system.ts';
import { USER_TOKEN_SECRET, userToken } from '../../support/user-token.ts';
import { HOSTILE_IDS } from './hostile-ids.ts';

let system: System;
beforeAll(async () => {
  system = await System.start({
    environment: { JWT_SECRET: USER_TOKEN_SECRET, ALLOWED_ORIGINS: 'https://app.example.org' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

const port = (): number => system.gateways[0]?.port ?? 0;
const adminUrl = (): string => system.gateways[0]?.adminUrl ?? '';

/** A request whose path no URL library has touched. */
async function ask(
  path: string,
  {
    method = 'GET',
    headers = {},
    body = '',
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; head: string; body: string }> {
  using raw = await RawHttp.connect(port());
  const lines = Object.entries({
    Host: 'a',
    ...headers,
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  }).map(([name, value]) => `${name}: ${value}`);
  raw.socket.write(`${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
  const isWhole = (said: string): boolean => {
    const length = /content-length: (\d+)/i.exec(said)?.[1];
    const headEnd = said.indexOf('\r\n\r\n');
    return headEnd >= 0 && said.length - headEnd - 4 >= Number(length ?? 0);
  };
  const said = await Promise.race([raw.ended, eventually(() => raw.received, isWhole)]);
  const [head = '', text = ''] = said.split('\r\n\r\n', 2);
  return { status: Number(head.split(' ')[1]), head, body: text };
}

describe('the page', () => {
  it('may load nothing from elsewhere, and be framed by nobody', async () => {
    const { status, head } = await ask('/');
    expect(status).toBe(200);
    const policy = /content-security-policy: (.*)/i.exec(head)?.[1] ?? '';
    const rules = new Map(policy.split('; ').map((rule) => [rule.split(' ')[0], rule.split(' ').slice(1)]));
    expect(rules.get('default-src')).toEqual(["'none'"]);
    expect(rules.get('script-src')).toEqual(["'self'"]);
    expect(rules.get('frame-ancestors')).toEqual(["'none'"]);
    expect(rules.get('base-uri')).toEqual(["'none'"]);
    expect(rules.get('form-action')).toEqual(["'none'"]);
    expect(rules.get('require-trusted-types-for')).toEqual(["'script'"]);
    expect(policy).not.toMatch(/unsafe-inline|unsafe-eval|data:|\*/);
    expect(head).toMatch(/x-content-type-options: nosniff/i);
    expect(head).toMatch(/referrer-policy: no-referrer/i);
  });

  it('has no script and no style of its own in it', async () => {
    const { body } = await ask('/');
    expect(body).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\son\w+=|style=|javascript:/i);
  });
});

describe('the page’s files', () => {
  const filesOf = (html: string): readonly string[] =>
    [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);

  it('have their content in their names and may be kept, while the page itself is asked for again', async () => {
    const { body, head } = await ask('/');
    expect(head).toMatch(/cache-control: no-cache/i);
    const files = filesOf(body);
    expect(files.length).toBeGreaterThan(2);
    for (const path of files) {
      expect(path).toMatch(/^\/assets\/[\w-]+-[\w-]{8}\.(js|css|svg)$/);
      const file = await fetch(`http://127.0.0.1:${String(port())}${path}`);
      expect(file.status).toBe(200);
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });
});

describe('the demo', () => {
  const ask202 = JSON.stringify({ investigation_id: 'DEMO-1' });

  it('is started by a page of ours only, and with an id that is one', async () => {
    const from = (origin: string, body: string) =>
      ask('/api/v1/demo', { method: 'POST', headers: { Origin: origin }, body });
    expect((await from('https://app.example.org', ask202)).status).toBe(202);
    expect((await from('https://evil.example.org', ask202)).status).toBe(403);
    for (const body of ['', '{', '[]', '{"investigation_id":"a.b"}', '{"investigation_id":"*"}']) {
      expect((await ask('/api/v1/demo', { method: 'POST', body })).status).toBe(400);
    }
    expect((await ask('/api/v1/demo')).status).toBe(405);
  });

  it('is not there in production, nor is its button', async () => {
    const production = await system.addGateway({ NODE_ENV: 'production' });
    const url = `http://127.0.0.1:${String(production.port)}`;
    expect((await fetch(`${url}/api/v1/demo`, { method: 'POST', body: ask202 })).status).toBe(405);
    expect(await (await fetch(url)).text()).toContain('<meta name="demo" content="off"');
    expect((await ask('/')).body).toContain('<meta name="demo" content="on"');
  });
});

describe('a path that leads elsewhere', () => {
  it.each([
    '/../package.json',
    '/..%2fpackage.json',
    '/%2e%2e/package.json',
    '/./../package.json',
    '/assets/../../package.json',
    '/assets',
    '/assets/',
    '/assets/../index.html',
    '/main.tsx',
    '/..\\package.json',
    '/%5c..%5cpackage.json',
    '//etc/passwd',
    '///',
    '/etc/passwd',
    '/web/index.html',
    '/index.html',
    '/index.html%00.js',
    '/.env',
    '/.git/config',
    '/package.json',
    '/dist/gateway/main.js',
    '/node_modules/zod/package.json',
    '/__proto__',
    '/constructor',
    '/metrics',
    '/readyz',
    '/admin',
    '/debug/pprof',
    '/api/v1',
    '/api/v1/',
    '/ws',
    '/ws/chat',
    '/ws/chat/',
    'http://127.0.0.1/package.json',
    '*',
  ])('%s is not there', async (path) => {
    const { status, body } = await ask(path);
    expect(path.startsWith('/') ? [400, 404] : [505]).toContain(status);
    expect(body).not.toMatch(/dependencies|root:|"name"/);
  });

  it.each([
    '/',
    '/ws',
    '/ws/other/a',
    '/ws/chat/a/b',
    '/ws/chat/a/',
    '/WS/chat/a',
    '//ws/chat/a',
    '/api/v2/ws/chat/a',
    '/api/v1/api/v1/ws/chat/a',
    '/healthz',
  ])('an upgrade of %s is refused', async (path) => {
    const { status } = await rawUpgrade(port(), path);
    expect([400, 404]).toContain(status);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'PROPFIND', 'BREW'])(
    'a %s changes nothing',
    async (method) => {
      expect([400, 403, 404, 405, 501, 505]).toContain((await ask('/healthz', { method })).status);
    },
  );
});

describe('the admin port', () => {
  it('is another, on loopback', async () => {
    for (const path of ['/metrics', '/readyz']) {
      expect((await fetch(`${adminUrl()}${path}`)).status).toBe(200);
      expect((await ask(path)).status).toBe(404);
    }
    expect(new URL(adminUrl()).hostname).toBe('127.0.0.1');
  });

  it.each([
    '/',
    '/ws/chat/a',
    '/api/v1/chat/a',
    '/../package.json',
    '/metrics/../../etc/passwd',
    '/__proto__',
  ])('has nothing at %s', async (path) => {
    expect((await fetch(`${adminUrl()}${path}`)).status).toBe(404);
    expect((await fetch(`${adminUrl()}${path}`, { method: 'POST', body: 'x' })).status).toBe(405);
  });
});

describe('what is asked over HTTP', () => {
  const json = { 'Content-Type': 'application/json' };
  const question = JSON.stringify({ message: 'Olá!' });

  it.each(HOSTILE_IDS.filter(([, id]) => !/[\s\0?]/.test(id)))(
    'in a session whose id is %s is 400',
    async (_name, id) => {
      expect(
        (await ask(`/api/v1/chat/${id}`, { method: 'POST', headers: json, body: question })).status,
      ).toBe(400);
      expect((await ask(`/sse/chat/${id}`)).status).toBe(400);
      expect((await ask(`/api/v1/sse/investigations/${id}`)).status).toBe(400);
    },
  );

  it.each([
    ['no JSON', 'hello'],
    ['half of it', '{"message":'],
    ['a list', '["a"]'],
    ['null', 'null'],
    ['nothing', '{}'],
    ['a type of its own', '{"type":"cancel","request_id":"r"}'],
    ['an inherited message', '{"__proto__":{"message":"a"}}'],
    ['a length that can’t be compared', '{"message":{"length":[{"toString":1}]}}'],
    ['a list for a message', '{"message":["a"]}'],
    ['an id that is a list', '{"message":"a","id":["r"]}'],
    ['lists 40 deep', `{"message":"a","x":${'['.repeat(40)}${']'.repeat(40)}}`],
    ['invalid UTF-8', '{"message":"\u00ff'],
  ])('with %s is 400', async (_name, body) => {
    const path = `/api/v1/chat/${freshId('s')}`;
    expect((await ask(path, { method: 'POST', headers: json, body })).status).toBe(400);
  });

  it('with more than a frame may have is 413', async () => {
    const path = `/api/v1/chat/${freshId('s')}`;
    const body = JSON.stringify({ message: 'a', filler: 'x'.repeat(70_000) });
    expect((await ask(path, { method: 'POST', headers: json, body })).status).toBe(413);
  });

  it('by another’s page is 403, with a token or without', async () => {
    for (const path of [`/api/v1/chat/${freshId('s')}`, `/sse/chat/${freshId('s')}`]) {
      const method = path.startsWith('/sse') ? 'GET' : 'POST';
      const body = method === 'POST' ? question : '';
      const headers = { ...json, Origin: 'https://app.example.org.evil.com' };
      const { status, head } = await ask(path, { method, headers, body });
      expect(status).toBe(403);
      expect(head).not.toMatch(/access-control-allow-origin/i);
    }
  });

  it('with a bad token is 401, and in another’s session 403, without a word of it', async () => {
    const session = freshId('s');
    await using owner = await system.openChat(session, { token: userToken({ sub: freshId('maria') }) });
    const strange = userToken({ sub: 'maria' }, 'another-secret-of-more-than-32-bytes!');
    const joao = userToken({ sub: freshId('joão') });
    for (const [token, status] of [
      [strange, 401],
      [joao, 403],
      [undefined, 403],
    ] as const) {
      const headers: Record<string, string> =
        token === undefined ? json : { ...json, Authorization: `Bearer ${token}` };
      const posted = await ask(`/api/v1/chat/${session}`, { method: 'POST', headers, body: question });
      const followed = await ask(`/sse/chat/${session}`, { headers });
      for (const answer of [posted, followed]) {
        expect(answer.status).toBe(status);
        if (token !== undefined) expect(answer.head + answer.body).not.toContain(token);
      }
    }
    expect(await owner.untilPong()).toEqual([]);
  });

  it('twice in one breath on one connection is two questions and two answers', async () => {
    using raw = await RawHttp.connect(port());
    raw.socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => raw.received.match(/HTTP\/1\.1 \d+/g),
      (answers) => answers?.length === 2,
    );
    expect(raw.received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  it('with a length that can be read in two ways hides no second request in the first', async () => {
    for (const lengths of [
      'Content-Length: 5\r\nContent-Length: 5',
      'Content-Length: 0\r\nContent-Length: 60',
      'Content-Length: 5\r\nContent-Length: 60',
      'Content-Length: 60\r\nContent-Length: 5',
      'Transfer-Encoding: xchunked',
      'Transfer-Encoding: gzip, chunked',
      'Content-Length: 5\r\nTransfer-Encoding: chunked',
      'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
      'Content-Length: -1',
      'Content-Length: 5x',
      'Content-Length : 5',
      'Content-Length:\r\n 5',
    ]) {
      using raw = await RawHttp.connect(port());
      raw.socket.write(
        `POST /healthz HTTP/1.1\r\nHost: a\r\n${lengths}\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n`,
      );
      const said = await inTime(raw.ended, () => `the connection goes on after ${lengths}`, 15_000);
      expect(said.match(/HTTP\/1\.1 \d+/g) ?? []).not.toContain('HTTP/1.1 404');
    }
  });
});
