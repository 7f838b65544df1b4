/** Codes of the protocol, and the client's own: `CLOSED`, `GAP`, `TOO_BIG`. */
export type ClientErrorCode =
  | 'INVALID_MESSAGE'
  | 'INVALID_ID'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'LIMIT'
  | 'CHAT_FAILED'
  /** The session was closed, by the application or for good by the server: the message says why. */
  | 'CLOSED'
  /** What this waited for lies in a hole of the channel. */
  | 'GAP'
  /** The server closes on messages this long. */
  | 'TOO_BIG';

export class ClientError extends Error {
  override readonly name = 'ClientError';
  /** One of `ClientErrorCode`, or a newer one of the server's. */
  readonly code: ClientErrorCode | (string & {});
  /** Whether the same may work later. */
  readonly retryable: boolean;
  readonly requestId: string | undefined;

  constructor(
    code: ClientError['code'],
    message: string,
    details: { readonly retryable?: boolean | undefined; readonly requestId?: string | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.retryable = details.retryable ?? false;
    this.requestId = details.requestId;
  }
}
