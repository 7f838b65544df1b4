import type { LiveMessage, StoredMessage, StreamBounds } from '../../shared/bus/bus.ts';

export type ModelHeaders = Readonly<Record<string, string>>;

/** A message as the model keeps it: what a read returns and what is republished alike. */
export class ModelMessage implements StoredMessage, LiveMessage {
  readonly epoch: string;
  readonly subject: string;
  readonly sequence: number;
  readonly previousSequence: number;
  readonly data: Uint8Array;
  readonly storedAtMs: number;
  readonly headers: ModelHeaders;
  /** No longer in the stream: trimmed, purged or replaced. */
  removed = false;

  constructor(
    place: { epoch: string; subject: string; sequence: number; previousSequence: number },
    data: Uint8Array,
    storedAtMs: number,
    headers: ModelHeaders,
  ) {
    this.epoch = place.epoch;
    this.subject = place.subject;
    this.sequence = place.sequence;
    this.previousSequence = place.previousSequence;
    this.data = data;
    this.storedAtMs = storedAtMs;
    this.headers = headers;
  }

  header(name: string): string | undefined {
    return this.headers[name];
  }
}

/** One stream's storage: sequences, the chain of each subject, and what takes messages out again. */
export class StreamModel {
  /** What is stored now, ascending. */
  #messages: ModelMessage[] = [];
  readonly #lastOf = new Map<string, number>();
  #generation = 0;
  #first = 1;
  #last = 0;

  get bounds(): StreamBounds {
    return { first: this.#first, last: this.#last, epoch: this.#epoch };
  }

  get #epoch(): string {
    return `model${String(this.#generation).padStart(3, '0')}`;
  }

  /** The last message of a subject that is still kept; 0 for none. */
  lastOf(subject: string): number {
    const last = this.#lastOf.get(subject) ?? 0;
    return last >= this.#first ? last : 0;
  }

  at(sequence: number): ModelMessage | undefined {
    const message = this.#messages[this.#indexOf(sequence)];
    return message?.sequence === sequence ? message : undefined;
  }

  append(subject: string, data: Uint8Array, nowMs: number, headers: ModelHeaders = {}): ModelMessage {
    const sequence = this.#last + 1;
    const previousSequence = this.lastOf(subject);
    const place = { epoch: this.#epoch, subject, sequence, previousSequence };
    const message = new ModelMessage(place, data, nowMs, headers);
    this.#last = sequence;
    this.#lastOf.set(subject, sequence);
    this.#messages.push(message);
    return message;
  }

  /** At most `limit` messages of a filter from a range, and whether that was the rest of them. */
  page(
    filter: string,
    from: number,
    to: number,
    limit: number,
  ): { messages: ModelMessage[]; isLast: boolean } {
    const messages: ModelMessage[] = [];
    for (let index = this.#indexOf(from); index < this.#messages.length; index += 1) {
      const message = this.#messages[index];
      if (message === undefined || message.sequence > to) break;
      if (!subjectMatches(filter, message.subject)) continue;
      if (messages.length === limit) return { messages, isLast: false };
      messages.push(message);
    }
    return { messages, isLast: true };
  }

  /** Age or size took everything but the last `kept` sequences. */
  trim(kept: number): void {
    this.#first = Math.max(this.#first, this.#last - kept + 1);
    const removed = this.#messages.splice(0, this.#indexOf(this.#first));
    for (const message of removed) message.removed = true;
  }

  purge(filter: string): void {
    const kept: ModelMessage[] = [];
    for (const message of this.#messages) {
      if (subjectMatches(filter, message.subject)) {
        message.removed = true;
        this.#lastOf.delete(message.subject);
      } else kept.push(message);
    }
    this.#messages = kept;
    this.#first = kept[0]?.sequence ?? this.#last + 1;
  }

  /** The stream was lost and made again: sequences start over. */
  replace(): void {
    for (const message of this.#messages) message.removed = true;
    this.#messages = [];
    this.#lastOf.clear();
    this.#generation += 1;
    this.#first = 1;
    this.#last = 0;
  }

  /** Where the first message at or after a sequence is. */
  #indexOf(sequence: number): number {
    let low = 0;
    let high = this.#messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#messages[middle]?.sequence ?? 0) < sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** NATS matching: `*` is one token, a final `>` one or more. */
export function subjectMatches(filter: string, subject: string): boolean {
  if (filter.endsWith('.>') && !filter.includes('*')) {
    return subject.length >= filter.length && subject.startsWith(filter.slice(0, -1));
  }
  const wanted = filter.split('.');
  const tokens = subject.split('.');
  if (wanted.at(-1) === '>' ? tokens.length < wanted.length : tokens.length !== wanted.length) return false;
  return wanted.every((token, index) => token === '*' || token === '>' || token === tokens[index]);
}
