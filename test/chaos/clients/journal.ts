/** One durable event as a client got and kept it. */
export interface Received {
  readonly channel: string;
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cursor: string;
  readonly atMs: number;
}

/** The whole of what one client was told, over all its connections. */
export class Journal {
  readonly received: Received[] = [];
  /** Events of chats without a place in a channel: answers to repeats. */
  readonly repeats: Pick<Received, 'type' | 'id' | 'data'>[] = [];
  /** Connections, answers and what went wrong, for people. */
  readonly notes: string[] = [];
  /** Where the client stood on each channel before its first event. */
  readonly startedAt = new Map<string, string>();
  /** What a client that keeps the contract must never see. */
  readonly violations: string[] = [];
  readonly #startedMs = performance.now();

  note(text: string): void {
    this.notes.push(`${(performance.now() - this.#startedMs).toFixed(0)} ms ${text}`);
  }

  violate(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violations.push(text);
  }

  add(event: Received): void {
    this.received.push(event);
  }

  of(channel: string): readonly Received[] {
    return this.received.filter((event) => event.channel === channel);
  }

  /** For people: what came, shortened. */
  describe(): string[] {
    const events = this.received.map(({ channel, type, data, cursor }) => {
      const { request_id: chat = '', chunk_index: index = '' } = data;
      return `${channel} ${type} ${String(chat)} ${String(index)} ${cursor}`;
    });
    return [...this.notes, ...events];
  }
}
