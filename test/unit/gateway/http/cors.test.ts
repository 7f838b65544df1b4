import { describe, expect, it } from 'vitest';
import { createOriginCheck } from '../../../../gateway/auth/origin.ts';
import { withCors } from '../../../../gateway/http/cors.ts';
import type { HttpAnswer, RequestFacts } from '../../../../gateway/transport/transport.ts';

const ALLOWED = 'https://app.example.org';

function ask(method: string, origin: string, allowed: '*' | readonly string[] = [ALLOWED]): HttpAnswer {
  const request: RequestFacts = {
    method,
    origin,
    path: '/healthz',
    query: '',
    authorization: '',
    subProtocols: '',
    forwardedFor: '',
    lastEventId: '',
    traceparent: '',
    remoteAddress: '127.0.0.1',
  };
  const answer = (): HttpAnswer => ({ status: 200, headers: { 'Content-Type': 'text/plain' }, body: 'ok' });
  return withCors(createOriginCheck(allowed), answer)(request);
}

describe('CORS headers', () => {
  it('name the origin when it is allowed', () => {
    expect(ask('GET', ALLOWED)).toEqual({
      status: 200,
      headers: { 'Content-Type': 'text/plain', 'Access-Control-Allow-Origin': ALLOWED, Vary: 'Origin' },
      body: 'ok',
    });
    expect(ask('GET', 'http://localhost:3000', '*').headers['Access-Control-Allow-Origin']).toBe(
      'http://localhost:3000',
    );
  });

  it.each([
    'https://evil.example',
    'https://app.example.org.evil.com',
    'https://app.example.org:8443',
    'http://app.example.org',
    'HTTPS://APP.EXAMPLE.ORG',
    'null',
    '',
  ])('are not there for "%s", and the answer is marked as depending on it', (origin) => {
    const { status, headers } = ask('GET', origin);
    expect(status).toBe(200);
    expect(headers['Access-Control-Allow-Origin']).toBeUndefined();
    expect(headers['Vary']).toBe('Origin');
  });

  it('answer a preflight of an allowed origin, without credentials', () => {
    const { status, headers } = ask('OPTIONS', ALLOWED);
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      'Access-Control-Allow-Origin': ALLOWED,
      'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
    });
    expect(headers['Access-Control-Allow-Credentials']).toBeUndefined();
  });

  it.each(['https://evil.example', 'null', ''])('refuse a preflight of "%s"', (origin) => {
    const { status, headers } = ask('OPTIONS', origin);
    expect(status).toBe(403);
    expect(headers['Access-Control-Allow-Origin']).toBeUndefined();
  });
});
