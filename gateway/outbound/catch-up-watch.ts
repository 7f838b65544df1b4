import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import type { TraceContext } from '../../shared/telemetry/trace-context.ts';
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

  /** It was taken past an event, whether clients see it or not: a claim names the chat's trace. */
  passed(event: ChannelEvent): void {
    this.#span?.passed(event);
  }

  /** It was sent something of this trace. */
  belongsTo(origin: TraceContext): void {
    this.#span?.linkTo(origin);
  }

  /** It was sent an event of the past. */
  replayed(type: SentType): void {
    this.#replayed += 1;
    this.#metrics.messagesSent.add(type);
    this.#metrics.eventsReplayed.add();
  }

  end(outcome: 'level' | 'gone'): void {
    this.drained();
    this.#span?.end(outcome, this.#replayed);
  }
}
