import { AppError } from '../../shared/errors/app-error.ts';

/**
 * Why a running chat is stopped: somebody of the session wants it to end, the session was erased, this worker
 * goes away, or the broker has been silent for so long that another worker may already run it.
 */
export type StopCause = 'cancelled' | 'forgotten' | 'draining' | 'broker_silent';

/** The reason an agent finds in its signal. */
export class ChatStopped extends AppError {
  readonly why: StopCause;

  constructor(why: StopCause) {
    super('CHAT_STOPPED', `The chat was stopped: ${why}`, { retryable: true });
    this.why = why;
  }
}
