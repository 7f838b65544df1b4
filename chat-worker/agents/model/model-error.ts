import { APIConnectionError, APIError } from 'openai';
import { AppError } from '../../../shared/errors/app-error.ts';
import { requestedWaitMs } from './requested-wait.ts';

/** Why a model gave no answer, or not all of it: a closed list, for logs and metrics. */
export type ModelErrorReason =
  | 'first_token_timeout'
  | 'between_tokens_timeout'
  | 'answer_timeout'
  | 'rate_limited'
  | 'unavailable'
  /** The server will not answer this request, however often it is asked. */
  | 'refused'
  /** What came is not what the API is said to send. */
  | 'malformed'
  /** The stream ended without a word that the answer did. */
  | 'cut_off'
  | 'empty';

interface ModelErrorDetails {
  readonly status?: number | undefined;
  /** How long the server wants to be left alone. */
  readonly waitMs?: number | undefined;
  /** The server's own words, only to find out what it refused: they may repeat what people wrote. */
  readonly refusal?: string;
  /** Whether the same request may work when it is sent again at once. */
  readonly mayRetry?: boolean;
  /** Whether the same question may work later: unless said, always but when it was refused. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The model's server failed. The message says nothing that the server or a person wrote. */
export class ModelError extends AppError {
  readonly reason: ModelErrorReason;
  readonly status: number | undefined;
  readonly waitMs: number | undefined;
  readonly refusal: string;
  readonly mayRetry: boolean;

  constructor(reason: ModelErrorReason, message: string, details: ModelErrorDetails = {}) {
    const mayRetry = details.mayRetry ?? reason !== 'refused';
    super(`MODEL_${reason.toUpperCase()}`, message, {
      retryable: details.retryable ?? reason !== 'refused',
      cause: details.cause,
    });
    this.reason = reason;
    this.status = details.status;
    this.waitMs = details.waitMs;
    this.refusal = details.refusal ?? '';
    this.mayRetry = mayRetry;
  }
}

/** What the package, or the connection under it, raised. */
export function modelErrorOf(error: unknown): ModelError {
  if (error instanceof ModelError) return error;
  if (error instanceof APIConnectionError || !(error instanceof APIError) || error.status === undefined) {
    return new ModelError('unavailable', 'The connection to the model failed', { cause: error });
  }
  const headers: unknown = error.headers;
  return statusError(Number(error.status), {
    headers: headers instanceof Headers ? headers : undefined,
    refusal: error.message,
    code: error.code,
    cause: error,
  });
}

interface ServerAnswer {
  readonly headers?: Headers | undefined;
  readonly refusal: string;
  readonly code?: unknown;
  readonly cause?: unknown;
}

/** An answer that is an error, by its status. */
export function statusError(status: number, { headers, refusal, code, cause }: ServerAnswer): ModelError {
  const details = { status, refusal, cause, waitMs: requestedWaitMs(headers) };
  const message = `The model's server answered ${status}`;
  if (status === 429) {
    // Without money no waiting helps.
    const helps = code !== 'insufficient_quota';
    return new ModelError('rate_limited', message, { ...details, mayRetry: helps, retryable: helps });
  }
  const isPassing = [408, 409, 425].includes(status) || status >= 500;
  const said = headers?.get('x-should-retry');
  const mayRetry = said === 'true' || (isPassing && said !== 'false');
  return new ModelError(mayRetry ? 'unavailable' : 'refused', message, { ...details, mayRetry });
}
