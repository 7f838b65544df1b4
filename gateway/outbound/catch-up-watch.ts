import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import type { GatewayMetrics, SentType } from '../metrics.ts';
import type { CatchUpSpan } from '../traces.ts';

/** Follows one socket while it does not stand where its channel stands, for metrics and traces. */
export class CatchUpWatch {
  readonly #metrics: GatewayMetrics;
  readonly #span: CatchUpSpan | undefined;
  #replayed = 0;
  #behind = false;

  constructor(metrics: GatewayMetrics, span: CatchUpSpan | undefined) {
    this.#metrics = metrics;
    this.#span = span;
  }

  fellBehind(): void {
    if (this.#behind) return;
    this.#behind = true;
    this.#metrics.lags.add();
    this.#metrics.lagging.add();
    this.#span?.lag();
  }

  drained(): void {
    if (!this.#behind) return;
    this.#behind = false;
    this.#metrics.lagging.add(-1);
  }

  /** It was taken past an event, and sent it if clients see its `type`. */
  replayed(event: ChannelEvent, type: SentType | undefined): void {
    // A claim is nothing for clients, and names the chat's trace.
    this.#span?.passed(event);
    if (type === undefined) return;
    this.#replayed += 1;
    this.#metrics.messagesSent.add(type);
    this.#metrics.eventsReplayed.add();
  }

  end(outcome: 'level' | 'gone'): void {
    this.drained();
    this.#span?.end(outcome, this.#replayed);
  }
}
