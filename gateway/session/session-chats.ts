import { isEnd, type ChatLogEventType } from '../../shared/bus-protocol/chat-log.ts';
import type { ChannelEvent } from '../../shared/channel/channel-reader.ts';
import { SPAN_EVENT } from '../../shared/telemetry/semantics.ts';
import type { GatewayEvents } from '../events.ts';
import type { ChannelIncident } from '../outbound/channel.ts';
import type { DeliverySpan } from '../traces.ts';

/** A chat that was accepted and has not ended, as far as this gateway has seen. */
export interface RunningChat {
  lastSequence: number;
  /** What `lastSequence` was when `SessionWatch` last looked, and since when it has been that. */
  watchedSequence: number;
  quietSinceMs: number;
  chunkSeen: boolean;
  /** This gateway's part of the chat's trace. */
  readonly delivery: DeliverySpan | undefined;
}

/** Told how a chat ended; of none when the session was erased. */
type EndWatcher = (type?: ChatLogEventType) => void;

/** The chats of one session that have not ended, and who waits for them on this gateway. */
export class SessionChats {
  readonly running = new Map<string, RunningChat>();
  /** Those sent through this gateway, with when they were handed over; never rejects. */
  readonly accepting = new Map<string, Promise<void>>();
  readonly #sessionId: string;
  readonly #events: GatewayEvents;
  readonly #endWatchers = new Map<string, Set<EndWatcher>>();
  readonly #firstChunkWatchers = new Map<string, () => void>();

  constructor(sessionId: string, events: GatewayEvents) {
    this.#sessionId = sessionId;
    this.#events = events;
  }

  /** Whether there is nothing to be remembered. */
  get isEmpty(): boolean {
    const waiting = this.#endWatchers.size + this.#firstChunkWatchers.size;
    return this.running.size + this.accepting.size + waiting === 0;
  }

  /** Calls back when the first chunk of an answer is on its way, once; the returned function stops waiting. */
  whenFirstChunk(requestId: string, callback: () => void): () => void {
    // A repeat does not take the place of who asked first.
    if (!this.#firstChunkWatchers.has(requestId)) this.#firstChunkWatchers.set(requestId, callback);
    return () => {
      if (this.#firstChunkWatchers.get(requestId) === callback) this.#firstChunkWatchers.delete(requestId);
    };
  }

  /** Calls back when the chat has ended; the returned function stops waiting. */
  whenEnded(requestId: string, callback: EndWatcher): () => void {
    const watchers = this.#endWatchers.get(requestId) ?? new Set<EndWatcher>();
    watchers.add(callback);
    this.#endWatchers.set(requestId, watchers);
    return () => {
      watchers.delete(callback);
      if (watchers.size === 0) this.#endWatchers.delete(requestId);
    };
  }

  chatEvent(requestId: string, type: ChatLogEventType, event: ChannelEvent): void {
    const known = this.running.get(requestId);
    if (isEnd(type)) {
      this.#ended(requestId, type, event, known);
      return;
    }
    const running = known ?? this.#appeared(requestId, event);
    running.lastSequence = event.sequence;
    if (type !== 'chat' || running.chunkSeen) return;
    running.chunkSeen = true;
    running.delivery?.event(SPAN_EVENT.firstChunk);
    this.#firstChunkWatchers.get(requestId)?.();
  }

  /** Nobody is here to follow them any more. */
  forgetRunning(): void {
    for (const { delivery } of this.running.values()) delivery?.end();
    this.running.clear();
  }

  /** The session was erased: nobody waits for their ends any more. */
  giveUp(): void {
    for (const watchers of [...this.#endWatchers.values()]) for (const callback of watchers) callback();
  }

  /** Those who follow them learn what happened on the channel. */
  noticed(what: ChannelIncident): void {
    for (const { delivery } of this.running.values()) delivery?.event(SPAN_EVENT[what]);
  }

  #appeared(requestId: string, event: ChannelEvent): RunningChat {
    const running: RunningChat = {
      lastSequence: event.sequence,
      watchedSequence: event.sequence,
      quietSinceMs: performance.now(),
      chunkSeen: false,
      delivery: this.#events.traces?.delivery(this.#sessionId, requestId, event),
    };
    this.running.set(requestId, running);
    return running;
  }

  #ended(
    requestId: string,
    type: ChatLogEventType,
    event: ChannelEvent,
    known: RunningChat | undefined,
  ): void {
    this.running.delete(requestId);
    this.#events.chatEnded(this.#sessionId, requestId, type, known?.delivery?.ids);
    known?.delivery?.end(event);
    const watchers = this.#endWatchers.get(requestId);
    this.#endWatchers.delete(requestId);
    for (const callback of watchers ?? []) callback(type);
  }
}
