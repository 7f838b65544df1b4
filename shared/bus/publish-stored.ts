import { JetStreamApiError } from '@nats-io/jetstream';
import { pause } from '../lifecycle/on-abort.ts';
import type { PublishOptions, StoredMessage } from './bus.ts';
import { FencedError, StreamFullError, UnavailableError } from './bus-errors.ts';
import type { StoreTry } from './store-message.ts';

/** One try's patience. A request begun while disconnected fails only when this is over. */
const TRY_TIMEOUT_MS = 1_000;

const WRONG_LAST_SEQUENCE = new Set([10071, 10164]);
const STREAM_LIMITS = new Set([10077, 10047, 10023]);

export interface PublishDependencies {
  /** One try. @returns the sequence. @throws JetStreamApiError the broker refuses it */
  readonly store: (subject: string, data: Uint8Array | string, message: StoreTry) => Promise<number>;
  /** The leader's word on the last message of a literal subject. */
  readonly lastOf: (subject: string) => Promise<StoredMessage | undefined>;
  /** Resolves once connected, or after the given time; undefined while connected. */
  readonly untilConnected: (timeoutMs: number, signal: AbortSignal | undefined) => Promise<void> | undefined;
  /** Told of each try that was not confirmed and is repeated. */
  readonly onRetry?: () => void;
}

/**
 * The publisher rule: the same message id at every try, and when the broker says that the expected
 * sequence is wrong, the last message decides: our id means an earlier try landed, any other means that
 * somebody else writes here now. A plain publish while disconnected is lost without a word; this is not.
 * @returns the sequence the message is stored under
 */
export async function publishStored(
  subject: string,
  data: Uint8Array | string,
  options: PublishOptions,
  { store, lastOf, untilConnected, onRetry }: PublishDependencies,
): Promise<number> {
  const deadline = performance.now() + options.deadlineMs;
  let lastError: unknown;
  for (;;) {
    options.signal?.throwIfAborted();
    const leftMs = deadline - performance.now();
    if (leftMs <= 0) throw new UnavailableError(subject, lastError);
    const disconnected = untilConnected(leftMs, options.signal);
    // Without a turn of the loop where there is nothing to wait for: what is published next goes out after it.
    if (disconnected !== undefined) await disconnected;
    try {
      const timeoutMs = Math.max(1, Math.min(TRY_TIMEOUT_MS, deadline - performance.now()));
      return await store(subject, data, { ...options, timeoutMs });
    } catch (error) {
      lastError = error;
      const landed = await judge(error, subject, options, lastOf);
      if (landed !== undefined) return landed;
    }
    onRetry?.();
    await pause(30 + Math.random() * 170, options.signal);
  }
}

/** The sequence when an earlier try landed; undefined when the same message may be tried again. */
async function judge(
  error: unknown,
  subject: string,
  options: PublishOptions,
  lastOf: PublishDependencies['lastOf'],
): Promise<number | undefined> {
  if (!(error instanceof JetStreamApiError)) return undefined;
  if (STREAM_LIMITS.has(error.code)) throw new StreamFullError(subject, error);
  if (!WRONG_LAST_SEQUENCE.has(error.code)) return undefined;
  let last: StoredMessage | undefined;
  try {
    last = await lastOf(subject);
  } catch {
    return undefined; // Not answered: the next try is refused again and asks again.
  }
  if (last?.header('Nats-Msg-Id') === options.messageId) return last.sequence;
  // 10164 means "another publish on this subject is in flight": only the last message tells whose it was.
  if (error.code !== 10071 && (last?.sequence ?? 0) === options.expectedLastSequence) return undefined;
  throw new FencedError(subject, error);
}
