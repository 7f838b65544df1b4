import { AppError } from '../../shared/errors/app-error.ts';

/**
 * Why a token was refused, few enough values to be a metric label:
 * `malformed` no JWT, or longer than any we take · `no_key` no configured key fits it · `signature` ·
 * `expired` · `claims` a required claim is missing or wrong, or it isn't valid yet · `refresh` a refresh
 * token · `lifetime` its `exp` is too far away, from now or from its `iat` · `keys_unavailable` the key set can't be fetched.
 */
export type InvalidTokenReason =
  'malformed' | 'no_key' | 'signature' | 'expired' | 'claims' | 'refresh' | 'lifetime' | 'keys_unavailable';

/**
 * A token that isn't accepted. Neither its message nor its cause holds any part of the token: a cause from
 * the token library would carry the claims into the logs. Retryable only when the keys were out of reach.
 */
export class InvalidTokenError extends AppError {
  declare readonly code: 'INVALID_TOKEN';
  readonly reason: InvalidTokenReason;

  constructor(reason: InvalidTokenReason, options: { cause?: unknown } = {}) {
    super('INVALID_TOKEN', `Token refused: ${reason}`, {
      retryable: reason === 'keys_unavailable',
      ...options,
    });
    this.reason = reason;
  }
}
