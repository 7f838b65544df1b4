import { get as httpGet } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { get as httpsGet } from 'node:https';

const MAX_DOCUMENT_BYTES = 256 * 1024;

/**
 * Reads a JSON document by HTTP(S). Redirects are not followed: they could lead anywhere, and the configured
 * address alone is trusted.
 *
 * Not with `fetch`: on Node 20 its abort signal loses its effect on a body that is still being read once the
 * garbage collector has run, so that an issuer which stops in the middle of its answer was waited for without end.
 *
 * @throws when the answer is no 200 with JSON of at most 256 KiB, or `signal` aborts
 */
export async function fetchDocument(url: URL, signal: AbortSignal): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const get = url.protocol === 'https:' ? httpsGet : httpGet;
    const options: RequestOptions = {
      headers: { accept: 'application/jwk-set+json, application/json' },
      // Too rare for a connection to be kept.
      agent: false,
      signal,
    };
    get(url, options, resolve).on('error', reject);
  });
  if (response.statusCode !== 200) {
    response.destroy();
    throw new Error(`Answered with status ${response.statusCode ?? 'unknown'}`);
  }
  return JSON.parse(await readText(response));
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > MAX_DOCUMENT_BYTES) throw new Error('Answered with too long a document');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}
