import { vi } from 'vitest';
import { connect, type ConnectOptions, type Session, type Status } from '../../../client/index.ts';
import { FakeNetwork, type FakeSocket } from './fake-network.ts';

const STEP_MS = 50;
const MAX_WAIT_MS = 60_000;

/** A session on a fake network, on fake timers. */
export class Rig implements Disposable {
  readonly network = new FakeNetwork();
  readonly session: Session;
  readonly statuses: Status[] = [];

  constructor(options: Partial<ConnectOptions> = {}) {
    this.session = connect({
      url: 'http://gateway.example/api/v1/',
      sessionId: 's',
      WebSocket: this.network.WebSocket,
      ...options,
    });
    this.session.on('status', (status) => {
      this.statuses.push(status);
    });
  }

  get socket(): FakeSocket {
    return this.network.last;
  }

  get state(): Status['state'] {
    return this.session.status.state;
  }

  /** Lets the dial reach the network, and whatever else waits only for promises. */
  async settle(): Promise<void> {
    await vi.advanceTimersByTimeAsync(0);
  }

  /** The first connection, with its welcome. */
  async online(cursor = 'c0', recovered?: boolean): Promise<FakeSocket> {
    await this.settle();
    this.socket.welcome(cursor, recovered);
    await this.settle();
    return this.socket;
  }

  /** The current connection ends, and the next is dialled. */
  async cut(code?: number, reason?: string): Promise<FakeSocket> {
    const before = this.network.sockets.length;
    this.socket.end(code, reason);
    for (let waitedMs = 0; waitedMs < MAX_WAIT_MS; waitedMs += STEP_MS) {
      if (this.network.sockets.length > before) return this.socket;
      await vi.advanceTimersByTimeAsync(STEP_MS);
    }
    throw new Error('it did not come back');
  }

  [Symbol.dispose](): void {
    this.session.close();
  }
}

/** Everything a loop yields, and what it ended with. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<{ items: Item[]; error: unknown }> {
  const collected: Item[] = [];
  try {
    for await (const item of items) collected.push(item);
    return { items: collected, error: undefined };
  } catch (error) {
    return { items: collected, error };
  }
}

/** Web Storage in memory. */
export class FakeStorage {
  readonly items = new Map<string, string>();

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}
