import { AppError } from '../errors/app-error.ts';

/** Another writer has written to the subject first: this one is no longer in charge of it. */
export class FencedError extends AppError {
  constructor(subject: string, cause?: unknown) {
    super('FENCED', `Another writer was first on ${subject}`, { retryable: false, cause });
  }
}

/** The broker did not confirm in time. Whether the message is stored is not known. */
export class UnavailableError extends AppError {
  constructor(what: string, cause?: unknown) {
    super('BROKER_UNAVAILABLE', `The broker did not confirm in time: ${what}`, { retryable: true, cause });
  }
}

/** The stream is at its limit and refuses new messages. */
export class StreamFullError extends AppError {
  constructor(subject: string, cause?: unknown) {
    super('STREAM_FULL', `The stream behind ${subject} is full`, { retryable: true, cause });
  }
}

/** The broker can't be used as it is: too old, no JetStream, or streams that differ from what is needed. */
export class BrokerSetupError extends AppError {
  constructor(message: string, cause?: unknown) {
    super('BROKER_SETUP', message, { retryable: false, cause });
  }
}

/** Any failure of a request is the broker's, and may be tried again. Aborts stay what they are. */
export async function asUnavailable<Result>(what: string, ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    const isKnown = error instanceof UnavailableError || error instanceof BrokerSetupError;
    if (isKnown || (error instanceof Error && error.name === 'AbortError')) {
      throw error;
    }
    throw new UnavailableError(what, error);
  }
}
