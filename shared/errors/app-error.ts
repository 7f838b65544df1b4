/**
 * The base of every error this system raises on purpose.
 *
 * `code` is stable and safe to show; `retryable` is the error's own verdict on whether the same call may
 * succeed later; `cause` keeps what happened underneath, for logs only.
 */
export class AppError extends Error {
  readonly code: string;
  readonly retryable: boolean;

  constructor(code: string, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.code = code;
    this.retryable = options.retryable;
  }
}
