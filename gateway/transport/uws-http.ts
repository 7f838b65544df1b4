import type { HttpRequest, HttpResponse } from 'uWebSockets.js';
import type { BodyRequest, HttpAnswer, HttpReply, RequestFacts, TransportHandler } from './transport.ts';
import { UwsStream } from './uws-stream.ts';
import { writeAnswer, writeHeadAnswer, type Headers } from './write-answer.ts';

const INTERNAL_ERROR: HttpAnswer = { status: 500, headers: {}, body: '' };
/** A body that is too long is read on for so many times its limit: who still sends does not hear the answer. */
const PATIENCE_FACTOR = 4;

/** Answers a plain request: at once, when its body is there, or with a stream. */
export function answerHttp(response: HttpResponse, request: HttpRequest, handler: TransportHandler): void {
  const body = bodyOf(request);
  if (body === 'ambiguous') {
    response.close();
    return;
  }
  try {
    const reply: HttpReply = handler.http(factsOf(response, request));
    if ('answer' in reply) readBody(response, reply, handler);
    else if ('open' in reply) UwsStream.open(response, reply, handler);
    // A body that nobody reads is not waited for: its connection ends with the answer.
    else if (request.getMethod() === 'head') writeHeadAnswer(response, reply);
    else writeAnswer(response, reply, body === 'some');
  } catch (error) {
    handler.failed(error);
    writeAnswer(response, INTERNAL_ERROR);
  }
}

/** uWS frees the request when its handler returns: what is needed of it is copied first. */
export function factsOf(response: HttpResponse, request: HttpRequest): RequestFacts {
  return {
    method: request.getMethod().toUpperCase(),
    path: request.getUrl(),
    query: request.getQuery(),
    origin: request.getHeader('origin'),
    authorization: request.getHeader('authorization'),
    subProtocols: request.getHeader('sec-websocket-protocol'),
    forwardedFor: everyHeader(request, 'x-forwarded-for'),
    lastEventId: request.getHeader('last-event-id'),
    traceparent: request.getHeader('traceparent'),
    remoteAddress: Buffer.from(response.getRemoteAddressAsText()).toString('latin1'),
  };
}

/**
 * Whether a request has a body. `ambiguous`: a proxy may have seen another end of it than uWS does, which takes
 * the first of two lengths, and any encoding for chunks; so a request could hide in it.
 */
export function bodyOf(request: HttpRequest): 'none' | 'some' | 'ambiguous' {
  const length = request.getHeader('content-length');
  const encoding = request.getHeader('transfer-encoding');
  if (length === '' && encoding === '') return 'none';
  const lengths = headerValues(request, 'content-length');
  const encodings = headerValues(request, 'transfer-encoding');
  if (lengths.length + encodings.length !== 1 || (encodings[0] ?? 'chunked') !== 'chunked')
    return 'ambiguous';
  return length === '0' ? 'none' : 'some';
}

/** A proxy may add its own line below the client's: asked for by name, only the first is found. */
function everyHeader(request: HttpRequest, wanted: string): string {
  return headerValues(request, wanted).join(',');
}

function headerValues(request: HttpRequest, wanted: string): readonly string[] {
  const values: string[] = [];
  request.forEach((name, value) => {
    if (name === wanted) values.push(value);
  });
  return values;
}

/** uWS itself cuts off who sends slower than 16 KiB a second. */
function readBody(response: HttpResponse, request: BodyRequest, handler: TransportHandler): void {
  const { maxBodyBytes } = request;
  let parts: Buffer[] = [];
  let length = 0;
  let over = false;
  response.onAborted(() => {
    over = true;
  });
  const finish = (body: Uint8Array | undefined, hangUp: boolean): void => {
    parts = [];
    void answerOf(request, body, handler).then((answer) => {
      if (!over) writeAnswer(response, withHeaders(answer, request.headers), hangUp);
      over = true;
    });
  };
  let isRead = false;
  response.onData((chunk, isLast) => {
    if (isRead) return;
    length += chunk.byteLength;
    // A view on the read buffer: copied.
    if (length <= maxBodyBytes) parts.push(Buffer.from(new Uint8Array(chunk)));
    isRead = isLast || length > maxBodyBytes * PATIENCE_FACTOR;
    if (isRead) finish(length > maxBodyBytes ? undefined : Buffer.concat(parts), !isLast);
  });
}

async function answerOf(
  request: BodyRequest,
  body: Uint8Array | undefined,
  handler: TransportHandler,
): Promise<HttpAnswer> {
  try {
    return await request.answer(body);
  } catch (error) {
    handler.failed(error);
    return INTERNAL_ERROR;
  }
}

function withHeaders(answer: HttpAnswer, headers: Headers): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, ...headers } };
}
