import type { Bus, StreamBounds, Unsubscribe } from '../../shared/bus/bus.ts';
import { untilAvailable } from '../../shared/bus/until-available.ts';
import type { SessionStream } from '../../shared/bus-protocol/session-shards.ts';
import { subjects } from '../../shared/bus-protocol/subjects.ts';
import { ChannelReader, type ChannelEvent, type ReadChannel } from '../../shared/channel/channel-reader.ts';
import type { JoinRequest } from '../../shared/channel/joiner.ts';
import type { TraceContext } from '../../shared/telemetry/trace-context.ts';
import { ATTRIBUTE } from '../../shared/telemetry/semantics.ts';
import type { EventCursor } from '../../shared/channel/event-cursor.ts';
import { encodeCursor, epochOf, isRecoverable, type Position } from '../../shared/channel/position.ts';
import type { Frame } from '../transport/transport.ts';
import type { GatewayEvents } from '../events.ts';
import type { SentType } from '../metrics.ts';
import type { GatewayTraces } from '../traces.ts';
import type { Span } from '../../shared/telemetry/tracing.ts';
import { Audience } from './audience.ts';
import { SmallAudience } from './small-audience.ts';
import type { Broadcast } from './broadcast.ts';
import { Attachment, type AttachedChannel, type PastFrame, type Receiver } from './attachment.ts';
import type { CatchUpWatch } from './catch-up-watch.ts';
import type { FrameLog } from './frame-log.ts';
import { withCursor } from './frames.ts';
import { RecentFrames } from './recent-frames.ts';
import type { SharedReads } from './shared-reads.ts';
import type { SettleClock } from './settle-clock.ts';

/** What a stored event becomes on the socket: nothing, one frame, and perhaps one that is never replayed. */
export interface RelayedFrames {
  /** A finished event, which still lacks its channel and its cursor. */
  readonly durable: Uint8Array | undefined;
  /** What the durable one is counted as. */
  readonly type?: SentType;
  /** Follows the durable one, on live sockets only. */
  readonly transient?: Frame;
}

/** Turns events into frames. */
export interface Relay {
  /**
   * `epoch` names the storage the event is in. `live`: the event is new, rather than from the past of a reader
   * who comes back.
   */
  frames(event: ChannelEvent, epoch: string, live: boolean): RelayedFrames;
  /** Told of each event once per gateway, after its frames, if it has any, are on their way as `type`. */
  observe?(event: ChannelEvent, type: SentType | undefined): void;
  /** Opens the span of an event's delivery, if it has one. Not called while nothing exports traces. */
  trace?(event: ChannelEvent, traces: GatewayTraces): Span | undefined;
  /** Something happened on the channel that those should know of who follow what runs in it. */
  noticed?(what: ChannelIncident): void;
}

export type ChannelIncident = 'gap' | 'resume' | 'lag';

export interface ChannelOptions {
  /** `session` or `investigation.<id>`, as clients see it. */
  readonly wireName: string;
  readonly stream: ChannelStream;
  /** Of the session or the investigation. */
  readonly id: string;
  readonly relay: Relay;
  /** For channels that may have very many sockets. */
  readonly broadcast?: Broadcast;
}

/** The streams that clients follow. */
export type ChannelStream = SessionStream | 'INVESTIGATIONS';

export interface ChannelDependencies {
  readonly bus: Bus;
  readonly readsOf: (stream: ChannelStream) => SharedReads;
  readonly settleClock: SettleClock;
  readonly frames: FrameLog;
  readonly events: GatewayEvents;
}

const OPEN = Promise.resolve();
/** A channel that is opened while the broker restarts waits this long for it. */
const OPEN_DEADLINE_MS = 3_000;

/** One durable channel on this gateway: one live subscription, one reader, any number of sockets. */
export class Channel implements AttachedChannel, ReadChannel, Disposable {
  readonly wireName: string;
  readonly #stream: ChannelStream;
  readonly #id: string;
  readonly #relay: Relay;
  readonly #dependencies: ChannelDependencies;
  readonly #reader: ChannelReader;
  /** From the first event on. */
  #recent: RecentFrames | undefined;
  #origin: TraceContext | undefined;
  /** Sockets that stand where the channel stands. */
  readonly #level: SmallAudience<Attachment> | Audience<Attachment>;
  #unsubscribe: Unsubscribe | undefined;
  #opening: Promise<void> | undefined;

  constructor(options: ChannelOptions, dependencies: ChannelDependencies) {
    this.wireName = options.wireName;
    this.#stream = options.stream;
    this.#id = options.id;
    this.#relay = options.relay;
    this.#dependencies = dependencies;
    this.#level = options.broadcast === undefined ? new SmallAudience() : new Audience(options.broadcast);
    this.#reader = new ChannelReader(this);
  }

  /** Where a socket that is attached now starts. */
  get position(): Position {
    return this.#reader.position;
  }

  get reader(): ChannelReader {
    return this.#reader;
  }

  /** Subscribes, then looks where the stream ends. Resolves when events flow. @throws UnavailableError */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Attaches a socket at a position, or where the channel stands. */
  attach(receiver: Receiver, position: Position | undefined): Attachment {
    const attachment = new Attachment(this, receiver);
    const missed = position === undefined ? undefined : this.#missedSince(position);
    if (position === undefined) this.#level.add(attachment);
    else if (missed === undefined) attachment.catchUpFrom(position);
    else attachment.catchUpWith(missed, position);
    return attachment;
  }

  /** Whether a socket that stands there needs nothing of the broker to be level. */
  isNear(position: Position): boolean {
    return this.#missedSince(position) !== undefined;
  }

  /** Whether somebody may come back to what was sent last. */
  get hasRecent(): boolean {
    return this.#recent?.isEmpty === false;
  }

  /** What was sent is erased: nobody is to get it from here. */
  forgetRecent(): void {
    this.#recent = undefined;
  }

  /** Called now and then: what is remembered of frames that are gone takes memory all the same. */
  tidy(): void {
    if (!this.hasRecent) this.#recent = undefined;
  }

  get hasLevel(): boolean {
    return this.#level.size > 0;
  }

  setLevel(attachment: Attachment, level: boolean): void {
    if (level) this.#level.add(attachment);
    else this.#level.delete(attachment);
  }

  join(request: JoinRequest<ChannelEvent>): () => void {
    return this.#reader.join(request);
  }

  bounds(): Promise<StreamBounds> {
    return this.#dependencies.bus.bounds(this.#stream);
  }

  gapFound(): void {
    this.#dependencies.events.gapFound(this.#stream);
    this.#relay.noticed?.('gap');
  }

  catchUpFailed(error: unknown): void {
    this.#dependencies.events.catchUpFailed(this.#stream, error);
  }

  schedule(task: () => void, delayMs: number): () => void {
    const timer = setTimeout(task, delayMs);
    return () => {
      clearTimeout(timer);
    };
  }

  /** The channel's stored events in order until `onEvent` returns false. */
  read(from: number, to: number, onEvent: (event: ChannelEvent) => boolean): Promise<boolean> {
    return this.#dependencies.readsOf(this.#stream).read(this.#id, this.#filter, { from, to }, onEvent);
  }

  /** The frame of a past event, for one socket. */
  frameOf(event: ChannelEvent, cursor: string): PastFrame | undefined {
    const { durable, type = 'other' } = this.#framesOf(event, epochOf(cursor), false);
    return durable === undefined ? undefined : { frame: withCursor(durable, this.wireName, cursor), type };
  }

  /** A socket stands elsewhere than the channel from now on. */
  watch(why: 'resume' | 'lag'): CatchUpWatch {
    this.#relay.noticed?.(why);
    return this.#dependencies.events.catchUpBegun(this.wireName, why);
  }

  /** Somebody takes the channel up again with a cursor. */
  resumed(recovered: boolean): void {
    this.#dependencies.events.resumed(recovered);
  }

  [Symbol.dispose](): void {
    this.#level[Symbol.dispose]();
    this.#unsubscribe?.();
    this.#dependencies.settleClock.remove(this.#reader);
    this.#reader.close();
  }

  async #open(): Promise<void> {
    const { bus, settleClock } = this.#dependencies;
    this.#unsubscribe = bus.subscribeLive(this.#filter, (message) => {
      this.#reader.onLive(message);
    });
    // The broker handles this after the subscription, so nothing falls between the two.
    await untilAvailable(() => this.#reader.open(), OPEN_DEADLINE_MS);
    settleClock.add(this.#reader);
    this.#opening = OPEN;
  }

  /** The subjects of everything in the channel. */
  get #filter(): string {
    const { investigationChannel, sessionChannel } = subjects;
    return this.#stream === 'INVESTIGATIONS' ? investigationChannel(this.#id) : sessionChannel(this.#id);
  }

  /** Equal cursors are equal places, and what the channel sent after one is all that whoever stands there lacks. */
  #missedSince(position: Position): readonly PastFrame[] | undefined {
    const here = this.position;
    // Another storage, or one that lost its end: who stood there has to be told so.
    const known = { epoch: here.epoch, first: 0, last: here.above.at(-1) ?? here.base };
    if (!this.#reader.isFlowing || !isRecoverable(position, known)) return undefined;
    const cursor = encodeCursor(position);
    return cursor === encodeCursor(here) ? [] : this.#recent?.after(cursor);
  }

  deliver(event: ChannelEvent, cursor: EventCursor, live: boolean): void {
    const { events } = this.#dependencies;
    const relay = this.#relay;
    const span = events.traces === undefined ? undefined : relay.trace?.(event, events.traces);
    const { durable: body, type, transient } = this.#framesOf(event, cursor.epoch, live);
    // Chunks carry none: they go by what came before them.
    if (events.traces !== undefined && type !== 'chat')
      this.#origin = events.traces.originOf(event) ?? this.#origin;
    if (body !== undefined) this.#recent ??= new RecentFrames(this.#dependencies.frames, this.wireName);
    const durable = body && this.#recent?.append(body, cursor, type ?? 'other', this.#origin);
    if (durable !== undefined) this.#level.prepare(durable.length);
    let sent = 0;
    for (const attachment of this.#level.alone) {
      if (durable !== undefined && !attachment.receiver.push(durable)) {
        attachment.fellBehind();
        continue;
      }
      sent += 1;
      if (transient !== undefined) attachment.receiver.push(transient);
    }
    if (durable !== undefined) sent += this.#level.send(durable);
    if (durable !== undefined) events.messagesSent(type ?? 'other', sent);
    if (transient !== undefined) events.messagesSent('typing', sent);
    span?.set({ [ATTRIBUTE.sockets]: sent });
    span?.end();
    relay.observe?.(event, type);
  }

  /** An event that no relay can deal with is a defect of ours: it is left out, the channel goes on. */
  #framesOf(event: ChannelEvent, epoch: string, live: boolean): RelayedFrames {
    try {
      return this.#relay.frames(event, epoch, live);
    } catch (error) {
      this.#dependencies.events.handlerFailed(error);
      return { durable: undefined };
    }
  }
}
