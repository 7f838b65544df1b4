import { pino } from 'pino';
import { GatewayEvents } from '../../../gateway/events.ts';
import { GatewayMetrics } from '../../../gateway/metrics.ts';
import { WorkerEvents } from '../../../chat-worker/events.ts';
import { WorkerMetrics } from '../../../chat-worker/metrics.ts';
import { MetricRegistry } from '../../../shared/telemetry/metrics.ts';

/** The events of all simulated services: what they log as a defect is kept. */
export class Instruments {
  readonly gateway: GatewayEvents;
  readonly worker: WorkerEvents;
  #defects: string[] = [];

  constructor() {
    const logger = pino({ level: 'error' }, { write: (line: string) => this.#defects.push(line) });
    this.gateway = new GatewayEvents(logger, new GatewayMetrics(new MetricRegistry('gateway')), undefined);
    const metrics = new WorkerMetrics(new MetricRegistry('chat-worker'));
    this.worker = new WorkerEvents(logger, metrics, undefined);
  }

  takeDefects(): string[] {
    const defects = this.#defects;
    this.#defects = [];
    return defects;
  }
}
