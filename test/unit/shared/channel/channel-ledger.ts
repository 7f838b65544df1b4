import { decodeCursor, type Position } from '../../../../shared/channel/position.ts';
import { MAX_CURSOR_CHARACTERS } from '../../../../shared/socket-protocol/limits.ts';
import type { ModelMessage } from '../../../support/stream-model.ts';

interface Claim {
  readonly position: Position;
  readonly covers: (message: ModelMessage) => boolean;
}

/** Everything a channel ever stored, and what has been seen to be wrong: the judge of a simulation. */
export class ChannelLedger {
  readonly #byEpoch = new Map<string, ModelMessage[]>();
  #violation: string | undefined;
  #lastCursor = '';
  #lastClaim: Claim | undefined;

  /** The first thing that was wrong: thrown by the simulation itself, since readers may catch. */
  get violation(): string | undefined {
    return this.#violation;
  }

  violate(text: string): void {
    this.#violation ??= text;
  }

  add(message: ModelMessage): void {
    const messages = this.#byEpoch.get(message.epoch);
    if (messages === undefined) this.#byEpoch.set(message.epoch, [message]);
    else messages.push(message);
  }

  of(epoch: string): readonly ModelMessage[] {
    return this.#byEpoch.get(epoch) ?? [];
  }

  /** What a cursor claims; several clients are given the same one. Undefined when it can't be read. */
  claimOf(cursor: string): Claim | undefined {
    if (cursor === this.#lastCursor) return this.#lastClaim;
    const position = decodeCursor(cursor);
    this.#lastCursor = cursor;
    this.#lastClaim = position === undefined ? undefined : { position, covers: this.coverage(position) };
    return this.#lastClaim;
  }

  /** Whether a position claims a message, asked of each by the subjects of those it names. */
  coverage(position: Position): (message: ModelMessage) => boolean {
    const named = new Map<string, number>();
    for (const sequence of position.above) {
      const message = this.of(position.epoch)[this.indexAfter(position.epoch, sequence - 1)];
      if (message?.sequence !== sequence)
        this.violate(`a position names ${sequence}, which is no event of the channel`);
      else if (named.has(message.subject)) this.violate(`a position names ${message.subject} twice`);
      else named.set(message.subject, sequence);
    }
    return (message) =>
      message.sequence <= position.base || message.sequence <= (named.get(message.subject) ?? 0);
  }

  /** The index of the first message of an epoch after a sequence. */
  indexAfter(epoch: string, sequence: number): number {
    const messages = this.of(epoch);
    let low = 0;
    let high = messages.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((messages[middle]?.sequence ?? 0) <= sequence) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** What one client of the channel was given, checked event by event. */
export class Receiver {
  readonly name: string;
  readonly #ledger: ChannelLedger;
  readonly #had = new Set<ModelMessage>();
  readonly #lastOf = new Map<string, number>();
  #epoch = '';
  /** Up to here everything is known to have been had. */
  #verified = 0;
  #cursor: string | undefined;

  constructor(name: string, ledger: ChannelLedger) {
    this.name = name;
    this.#ledger = ledger;
  }

  /** The cursor of the last event. */
  get cursor(): string | undefined {
    return this.#cursor;
  }

  /** As if everything a position claims had been received. */
  startAt(position: Position): void {
    this.#startEpoch(position.epoch);
    const covers = this.#ledger.coverage(position);
    for (const message of this.#ledger.of(position.epoch)) if (covers(message)) this.#remember(message);
    this.#verified = position.base;
  }

  receive(message: ModelMessage, cursor: string): void {
    const what = `${this.name}: ${message.subject} ${message.sequence}`;
    if (message.epoch !== this.#epoch) this.#startEpoch(message.epoch);
    // A purge in the middle of a read may take the event that would have told whose a cursor's sequence is.
    if (message.removed) return;
    if (this.#had.has(message)) this.#ledger.violate(`${what} came twice`);
    if (message.sequence <= (this.#lastOf.get(message.subject) ?? 0)) {
      this.#ledger.violate(`${what} came after ${this.#lastOf.get(message.subject) ?? 0} of its subject`);
    }
    this.#remember(message);
    this.#cursor = cursor;
    if (cursor.length > MAX_CURSOR_CHARACTERS)
      this.#ledger.violate(`${what} has a cursor of ${cursor.length}`);
    const claim = this.#ledger.claimOf(cursor);
    if (claim === undefined) this.#ledger.violate(`${what} has a cursor that can't be read`);
    else if (claim.position.epoch !== message.epoch) {
      this.#ledger.violate(`${what} of ${message.epoch} has a cursor of ${claim.position.epoch}`);
    } else this.#verify(claim, what);
  }

  /** That a position claims exactly what was received. */
  verify(position: Position, what: string): void {
    this.#verify({ position, covers: this.#ledger.coverage(position) }, what);
  }

  /** That nothing which is still stored is missing. */
  verifyComplete(epoch: string): void {
    for (const message of this.#ledger.of(epoch)) {
      if (message.removed || this.#had.has(message)) continue;
      this.#ledger.violate(`${this.name}: ${message.subject} ${message.sequence} never came`);
      return;
    }
  }

  #verify({ position, covers }: Claim, what: string): void {
    if (position.epoch !== this.#epoch) this.#startEpoch(position.epoch);
    const messages = this.#ledger.of(this.#epoch);
    const from = Math.min(position.base, this.#verified);
    for (let index = this.#ledger.indexAfter(this.#epoch, from); index < messages.length; index += 1) {
      const message = messages[index];
      if (message === undefined || message.removed || covers(message) === this.#had.has(message)) continue;
      const claim = covers(message) ? 'claims, without it having come,' : 'does not claim, though it came,';
      this.#ledger.violate(`${what}: ${JSON.stringify(position)} ${claim} ${message.sequence}`);
      return;
    }
    this.#verified = Math.max(this.#verified, position.base);
  }

  #startEpoch(epoch: string): void {
    this.#epoch = epoch;
    this.#verified = 0;
    this.#lastOf.clear();
  }

  #remember(message: ModelMessage): void {
    this.#had.add(message);
    this.#lastOf.set(message.subject, message.sequence);
  }
}
