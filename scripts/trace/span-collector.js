import { once } from 'node:events';
import { createServer } from 'node:http';
import { field } from '../start/json.js';

/**
 * @typedef {object} CollectedSpan
 * @property {string} traceId
 * @property {string} spanId
 * @property {string} parentSpanId empty for the root
 * @property {string} name
 * @property {string} service
 * @property {number} startMs milliseconds, fractions kept, since the epoch
 * @property {number} endMs
 * @property {readonly { name: string, atMs: number }[]} events
 */

const NS_PER_MS = 1_000_000n;

/**
 * @param {unknown} value
 * @returns {readonly unknown[]}
 */
function list(value) {
  return Array.isArray(value) ? value : [];
}

/** @param {unknown} value */
function text(value) {
  return typeof value === 'string' ? value : '';
}

/** @param {unknown} unixNano */
function milliseconds(unixNano) {
  const nanoseconds = BigInt(text(unixNano) || 0);
  return Number(nanoseconds / NS_PER_MS) + Number(nanoseconds % NS_PER_MS) / Number(NS_PER_MS);
}

/**
 * @param {unknown} request an export request in OTLP/JSON
 * @returns {readonly CollectedSpan[]}
 */
export function spansOf(request) {
  return list(field(request, 'resourceSpans')).flatMap((ofResource) => {
    const attributes = list(field(field(ofResource, 'resource'), 'attributes'));
    const name = attributes.find((attribute) => field(attribute, 'key') === 'service.name');
    const service = text(field(field(name, 'value'), 'stringValue'));
    const scopes = list(field(ofResource, 'scopeSpans'));
    return scopes
      .flatMap((scope) => list(field(scope, 'spans')))
      .map((span) => ({
        traceId: text(field(span, 'traceId')),
        spanId: text(field(span, 'spanId')),
        parentSpanId: text(field(span, 'parentSpanId')),
        name: text(field(span, 'name')),
        service,
        startMs: milliseconds(field(span, 'startTimeUnixNano')),
        endMs: milliseconds(field(span, 'endTimeUnixNano')),
        events: list(field(span, 'events')).map((event) => ({
          name: text(field(event, 'name')),
          atMs: milliseconds(field(event, 'timeUnixNano')),
        })),
      }));
  });
}

/** A collector for one run: it keeps the spans that services send it by OTLP/JSON. */
export class SpanCollector {
  /** @type {CollectedSpan[]} */
  spans = [];
  #server = createServer((request, response) => {
    /** @type {Buffer[]} */
    const parts = [];
    request.on('data', (/** @type {Buffer} */ part) => parts.push(part));
    request.on('end', () => {
      /** @type {unknown} */
      const body = JSON.parse(Buffer.concat(parts).toString('utf8'));
      this.spans.push(...spansOf(body));
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{}');
    });
  });

  /** @returns {Promise<string>} what `OTEL_EXPORTER_OTLP_ENDPOINT` wants */
  async listen() {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${String(field(this.#server.address(), 'port'))}`;
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
