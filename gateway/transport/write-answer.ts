import type { HttpResponse } from 'uWebSockets.js';
import type { HttpAnswer } from './transport.ts';

export type Headers = Readonly<Record<string, string>>;

/** A whole answer. `hangUp`: the connection is of no further use, as when more is sent than is read. */
export function writeAnswer(response: HttpResponse, answer: HttpAnswer, hangUp = false): void {
  response.cork(() => {
    writeHead(response, answer);
    response.end(answer.body, hangUp);
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
