import { Parser } from '@asyncapi/parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { httpAsk, type HttpResult } from '../../support/http-client.ts';
import { System } from '../../support/system.ts';

/** Of the parser: errors and warnings. What is above is advice. */
const WARNING = 1;

let system: System;
beforeAll(async () => {
  system = await System.start({ workers: 0 });
});
afterAll(() => system[Symbol.asyncDispose]());

const get = (path: string): Promise<HttpResult> => httpAsk(system.url(path));

describe('GET /asyncapi.json', () => {
  it('is a valid AsyncAPI 3 document that pages of other origins may read', async () => {
    const { status, headers, text } = await httpAsk(system.url('/asyncapi.json'), {
      headers: { Origin: 'https://studio.example' },
    });
    expect([status, headers['content-type']]).toEqual([200, 'application/json; charset=utf-8']);
    expect(headers['access-control-allow-origin']).toBe('https://studio.example');
    const { document, diagnostics } = await new Parser().parse(text);
    expect(diagnostics.filter(({ severity }: { severity: number }) => severity <= WARNING)).toEqual([]);
    expect(document?.channels().all().length).toBeGreaterThan(10);
  });
});

describe('GET /docs', () => {
  it('is a page that asks nobody else for anything and runs nothing', async () => {
    const { status, headers, text } = await get('/docs');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<script|<img|<iframe| style=|<style| on\w+=/);
    const links = [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = '']) => target);
    const fetched = links.filter((target) => !target.startsWith('#'));
    expect(new Set(fetched)).toEqual(new Set(['/docs.css', '/asyncapi.json']));
    expect((await get('/docs.css')).headers['content-type']).toBe('text/css; charset=utf-8');
  });

  it('names every channel, every message, and leads from one to the other', async () => {
    const { text } = await get('/docs');
    const document = JSON.parse((await get('/asyncapi.json')).text) as {
      channels: Record<string, { address: string }>;
      components: { messages: Record<string, unknown> };
    };
    const ids = [...text.matchAll(/ id="([^"]*)"/g)].map(([, id = '']) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, target = ''] of text.matchAll(/href="#([^"]*)"/g)) expect(ids).toContain(target);
    for (const { address } of Object.values(document.channels)) expect(text).toContain(address);
    for (const name of Object.keys(document.components.messages)) expect(ids).toContain(name);
  });
});
