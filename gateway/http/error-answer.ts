import type { HttpAnswer } from '../transport/transport.ts';

const RETRY_AFTER_SECONDS = 5;

export interface ErrorDetails {
  /** The chat it is about: asked again under it, it stays one chat. */
  readonly requestId?: string | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The body every refused request gets. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  { requestId, retryAfterMs }: ErrorDetails = {},
): HttpAnswer {
  const retryAfter = retryAfterMs === undefined ? RETRY_AFTER_SECONDS : Math.ceil(retryAfterMs / 1_000);
  return {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      ...(status === 401 ? { 'WWW-Authenticate': 'Bearer' } : {}),
      ...(status === 429 || status === 503 ? { 'Retry-After': String(Math.max(1, retryAfter)) } : {}),
    },
    body: JSON.stringify({
      error: { code, message, ...(requestId === undefined ? {} : { request_id: requestId }) },
    }),
  };
}
