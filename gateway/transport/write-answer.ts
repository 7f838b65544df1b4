import type { HttpResponse } from 'uWebSockets.js';
import type { HttpAnswer } from './transport.ts';

export type Headers = Readonly<Record<string, string>>;

/** A whole answer. `hangUp`: the connection is of no further use, as when more is sent than is read. */
export function writeAnswer(response: HttpResponse, answer: HttpAnswer, hangUp = false): void {
  response.cork(() => {
    writeHead(response, answer);
    // Nothing to hold back: who may send more requests could have any number of such answers kept for it.
    if (answer.body.length === 0 || hangUp) response.end(answer.body, true);
    else endAsRead(response, Buffer.from(answer.body));
  });
}

/**
 * The same without its body, as `HEAD` wants it: with one, it would pass for the answer to what follows. Later
 * than the request's own handler, because what that writes is lost when the connection is closed in it.
 */
export function writeHeadAnswer(response: HttpResponse, answer: HttpAnswer): void {
  let isOver = false;
  response.onAborted(() => {
    isOver = true;
  });
  setImmediate(() => {
    if (isOver) return;
    response.cork(() => {
      writeHead(response, { ...answer, headers: { ...answer.headers, Connection: 'close' } });
      response.tryEnd('', Buffer.byteLength(answer.body));
    });
    // uWS would wait for the rest.
    response.close();
  });
}

/**
 * Keeps no more than this one answer for a client that doesn't read: until it has taken it, uWS ends a
 * connection on which further requests come. A plain `end` keeps all of any number of answers.
 */
function endAsRead(response: HttpResponse, body: Uint8Array): void {
  const [, isAnswered] = response.tryEnd(body, body.length);
  if (isAnswered) return;
  response.onAborted(() => undefined);
  response.onWritable((offset) => {
    const [isDone] = response.tryEnd(body.subarray(offset), body.length);
    return isDone;
  });
}

export function writeHead(response: HttpResponse, head: { status: number; headers: Headers }): void {
  response.writeStatus(`${String(head.status)} ${STATUS_TEXTS[head.status] ?? 'Status'}`);
  for (const [name, value] of Object.entries(head.headers)) response.writeHeader(name, value);
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  200: 'OK',
  202: 'Accepted',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};
