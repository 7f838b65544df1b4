import type { Agent } from '../../../chat-worker/agents/agent.ts';
import type { WorkerEvents } from '../../../chat-worker/events.ts';
import { CancelListener } from '../../../chat-worker/inbound/cancel-listener.ts';
import { RequestQueue } from '../../../chat-worker/inbound/request-queue.ts';
import { RunningChats } from '../../../chat-worker/inbound/running-chats.ts';
import { SimBus } from './sim-bus.ts';
import type { SimBroker } from './sim-broker.ts';

const CAPACITY = 16;
const QUEUE_MAX_WAIT_MS = 600_000;

/** A worker without a process: wired as `startWorker` does it, over the model. */
export class SimWorker {
  readonly bus: SimBus;
  readonly #chats: RunningChats;
  readonly #queue: RequestQueue;

  constructor(
    broker: SimBroker,
    name: string,
    { agent, events, ackWaitMs }: { agent: Agent; events: WorkerEvents; ackWaitMs: number },
  ) {
    this.bus = new SimBus(broker, name);
    const cancels = new CancelListener(this.bus);
    const settings = {
      workerId: name,
      ackWaitMs,
      queueMaxWaitMs: QUEUE_MAX_WAIT_MS,
      investigationAccess: 'public',
    } as const;
    this.#chats = new RunningChats({ bus: this.bus, cancels, agent, events }, settings);
    this.#queue = new RequestQueue(this.bus, {
      capacity: CAPACITY,
      run: (item) => this.#chats.take(item),
      onPullFailed: () => undefined,
    });
  }

  /** Dies: nothing it does gets anywhere, and what still runs here finds that out. */
  kill(): void {
    this.bus.close();
    void this.#queue.stop();
    this.#chats.abandon();
  }

  /** Goes away in order. */
  async drain(): Promise<void> {
    const stopped = this.#queue.stop();
    this.#chats.handOver();
    await Promise.all([stopped, this.#queue.idle()]);
    this.bus.close();
  }
}
