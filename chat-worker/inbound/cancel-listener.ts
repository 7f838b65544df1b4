import { parseSessionSubject, subjects } from '../../shared/bus-protocol/subjects.ts';
import type { Bus, Unsubscribe } from '../../shared/bus/bus.ts';

/**
 * Hears the cancels of all sessions as they are stored. Live messages come at most once, so whoever runs a
 * chat also asks `isRequested`, which reads the durable message from the leader.
 */
export class CancelListener implements Disposable {
  readonly #bus: Pick<Bus, 'shards' | 'lastOf'>;
  readonly #running = new Map<string, Set<() => void>>();
  readonly #unsubscribe: Unsubscribe;

  constructor(bus: Pick<Bus, 'shards' | 'subscribeLive' | 'lastOf'>) {
    this.#bus = bus;
    this.#unsubscribe = bus.subscribeLive(subjects.anyCancel, ({ subject }) => {
      const about = parseSessionSubject(subject);
      if (about?.kind !== 'cancel') return;
      for (const onCancel of this.#running.get(keyOf(about.sessionId, about.requestId)) ?? []) onCancel();
    });
  }

  /** To be called before `isRequested`, so that no cancel falls between the two. */
  listen(sessionId: string, requestId: string, onCancel: () => void): Unsubscribe {
    const key = keyOf(sessionId, requestId);
    // A chat can be here twice: once asleep and fenced, once taken again.
    const listeners = this.#running.get(key) ?? new Set();
    this.#running.set(key, listeners.add(onCancel));
    return () => {
      listeners.delete(onCancel);
      if (listeners.size === 0 && this.#running.get(key) === listeners) this.#running.delete(key);
    };
  }

  /** @throws UnavailableError */
  async isRequested(sessionId: string, requestId: string): Promise<boolean> {
    const stream = this.#bus.shards.streamOf(sessionId);
    return (await this.#bus.lastOf(stream, subjects.cancel(sessionId, requestId))) !== undefined;
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }
}

function keyOf(sessionId: string, requestId: string): string {
  return `${sessionId}.${requestId}`;
}
