import { BrokerHealth } from '../bus/broker-health.ts';
import type { Bus } from '../bus/bus.ts';
import { StreamWatch } from '../bus/stream-watch.ts';
import { streamNames } from '../bus-protocol/streams.ts';
import { EventLoopWatch } from '../telemetry/event-loop-watch.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { observeProcess } from '../telemetry/process-metrics.ts';
import { observeService } from '../telemetry/service-metrics.ts';
import { Readiness } from './readiness.ts';

export interface HealthListener {
  /** How long the broker took to answer, milliseconds. */
  brokerAnswered(tookMs: number): void;
  /** What is in the way of being ready; nothing when it is gone. */
  readinessChanged(unmet: readonly string[]): void;
}

/** Whether a service can do its work: the broker answers, its streams are there, the event loop moves. */
export class ServiceHealth implements Disposable {
  readonly #broker: BrokerHealth;
  readonly #streams: StreamWatch;
  readonly #loop = new EventLoopWatch();
  readonly #process: Disposable;
  readonly #readiness: Readiness;
  #isOpen: () => boolean = () => false;

  constructor(bus: Bus, registry: MetricRegistry, listener: HealthListener) {
    this.#broker = new BrokerHealth(bus, (tookMs) => {
      listener.brokerAnswered(tookMs);
    });
    this.#streams = new StreamWatch(bus, streamNames(bus.shards));
    this.#process = observeProcess(registry);
    const checks = {
      broker: () => this.#broker.answers,
      streams: () => this.#streams.allThere,
      'event loop': () => !this.#loop.isStuck,
      open: () => this.#isOpen(),
    };
    this.#readiness = new Readiness(checks, (unmet) => {
      listener.readinessChanged(unmet);
    });
    observeService(registry, {
      isReady: () => this.isReady,
      isConnected: () => bus.status === 'connected',
    });
  }

  get brokerAnswers(): boolean {
    return this.#broker.answers;
  }

  get isReady(): boolean {
    return this.#readiness.isReady;
  }

  /** Everything is in place: ready from now on, for as long as it is `open`, which it is not while it drains. */
  opened(isOpen: () => boolean): void {
    this.#isOpen = isOpen;
  }

  [Symbol.dispose](): void {
    this.#broker[Symbol.dispose]();
    this.#streams[Symbol.dispose]();
    this.#loop[Symbol.dispose]();
    this.#process[Symbol.dispose]();
  }
}
