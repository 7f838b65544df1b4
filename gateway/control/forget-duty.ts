import type { Bus, Unsubscribe } from '../../shared/bus/bus.ts';
import { UnavailableError } from '../../shared/bus/bus-errors.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { pause } from '../../shared/lifecycle/on-abort.ts';
import type { GatewayEvents } from '../events.ts';
import type { StoredForget } from './operator-words.ts';
import type { SessionEraser } from './session-eraser.ts';

/** One gateway of this group carries a forget out. */
const QUEUE_GROUP = 'gateway';
/** Longer than any writer goes on trying: what is stored of before then is stored by now. */
const SWEEP_AFTER_MS = 35_000;
/** What nobody has reported as done after this is anybody's to do. */
const OVERDUE_MS = 90_000;
const CHECK_MS = 10_000;
const RETRY_MS = 1_000;
const RECORD_DEADLINE_MS = 10_000;

export interface ForgetTimes {
  readonly sweepAfterMs: number;
  readonly overdueMs: number;
}

/**
 * Carries out `control.forget`. One gateway of the group is called and does it at once; every gateway knows
 * what is not reported as done, and does it when that one died over it.
 */
export class ForgetDuty implements Disposable {
  readonly #bus: Bus;
  readonly #eraser: SessionEraser;
  readonly #events: GatewayEvents;
  readonly #times: ForgetTimes;
  readonly #open = new Map<number, StoredForget>();
  /** The call may come before the message was read, or after. */
  readonly #called = new Set<number>();
  readonly #underWay = new Set<number>();
  readonly #forget: Unsubscribe;
  readonly #check: NodeJS.Timeout;
  readonly #disposed = new AbortController();

  constructor(
    bus: Bus,
    eraser: SessionEraser,
    events: GatewayEvents,
    times: ForgetTimes = { sweepAfterMs: SWEEP_AFTER_MS, overdueMs: OVERDUE_MS },
  ) {
    this.#bus = bus;
    this.#eraser = eraser;
    this.#events = events;
    this.#times = times;
    const onCall = ({ sequence }: { sequence: number }): void => {
      this.#called.add(sequence);
      this.#startCalled(sequence);
    };
    this.#forget = bus.subscribeLive(subjects.forget, onCall, { queueGroup: QUEUE_GROUP });
    this.#check = setInterval(
      () => {
        this.#startOverdue();
      },
      Math.min(CHECK_MS, times.overdueMs),
    );
  }

  /** A forget was read from the stream; all gateways read all. */
  add(forget: StoredForget): void {
    this.#open.set(forget.sequence, forget);
    this.#startCalled(forget.sequence);
  }

  /** It was reported as done. */
  done(sequence: number): void {
    this.#open.delete(sequence);
  }

  [Symbol.dispose](): void {
    this.#disposed.abort();
    this.#forget();
    clearInterval(this.#check);
  }

  #startCalled(sequence: number): void {
    const forget = this.#open.get(sequence);
    if (forget === undefined || !this.#called.delete(sequence)) return;
    void this.#carryOut(forget);
  }

  #startOverdue(): void {
    for (const forget of this.#open.values()) {
      if (Date.now() - forget.storedAtMs > this.#times.overdueMs) void this.#carryOut(forget);
    }
  }

  async #carryOut(forget: StoredForget): Promise<void> {
    const { message, sequence, storedAtMs } = forget;
    if (this.#underWay.has(sequence)) return;
    this.#underWay.add(sequence);
    try {
      const sessions = await this.#untilAnswered(() => this.#eraser.sessionsOf(message));
      const erased: { sessionId: string; beforeMs: number }[] = [];
      for (const sessionId of sessions) {
        const beforeMs = await this.#untilAnswered(() => this.#eraser.erase(sessionId, storedAtMs));
        erased.push({ sessionId, beforeMs });
      }
      this.#events.erased(message, sequence, sessions.length);
      await this.#pause(this.#times.sweepAfterMs);
      for (const { sessionId, beforeMs } of erased) {
        await this.#untilAnswered(() => this.#eraser.sweep(sessionId, beforeMs));
      }
      await this.#report(sequence, sessions.length);
    } catch (error) {
      if (!this.#disposed.signal.aborted) this.#events.eraseFailed(sequence, error); // Overdue, it is tried again.
    } finally {
      this.#underWay.delete(sequence);
    }
  }

  async #report(sequence: number, sessions: number): Promise<void> {
    await this.#untilAnswered(() =>
      this.#bus.publish(subjects.forgotten, JSON.stringify({ forget: sequence, sessions }), {
        messageId: `forgotten:${String(sequence)}`,
        deadlineMs: RECORD_DEADLINE_MS,
      }),
    );
  }

  /** Whoever asked to be forgotten is, however long the broker is away. */
  async #untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        this.#events.controlNotRead(error);
        await this.#pause(RETRY_MS);
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, this.#disposed.signal);
  }
}
