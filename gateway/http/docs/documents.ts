import { asyncApiDocument } from '../../../shared/documentation/asyncapi.ts';
import type { HttpAnswer } from '../../transport/transport.ts';
import { docsPage } from './docs-page.ts';
import { DOCS_STYLE } from './docs-style.ts';

const SECURITY_HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};

/** What the protocol says of itself, for programs and for people. Made once: it changes with the code only. */
export function protocolDocuments(): ReadonlyMap<string, HttpAnswer> {
  const document = asyncApiDocument();
  return new Map([
    ['/asyncapi.json', answer('application/json; charset=utf-8', JSON.stringify(document))],
    ['/docs', answer('text/html; charset=utf-8', docsPage(document))],
    ['/docs.css', answer('text/css; charset=utf-8', DOCS_STYLE)],
  ]);
}

function answer(contentType: string, body: string): HttpAnswer {
  const headers = { 'Content-Type': contentType, 'Cache-Control': 'no-cache', ...SECURITY_HEADERS };
  return { status: 200, headers, body: Buffer.from(body) };
}
