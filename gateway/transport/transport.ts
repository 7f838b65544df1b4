import type { CloseReason } from '../../shared/socket-protocol/close-codes.ts';

/** One text frame on its way out. */
export type Frame = Uint8Array | string;

/** One open WebSocket. Every method is safe to call after it closed: it then does nothing. */
export interface Socket {
  /** What the kernel has not taken yet, bytes. */
  bufferedBytes(): number;
  /** Several frames with as few system calls as possible. */
  send(frames: readonly Frame[]): void;
  /** Ends with a close frame. */
  close(reason: CloseReason): void;
  /** Ends without one: the original client comes back only after that. */
  cut(): void;
  /** Sends it what is published to the group, from now on. What has none takes part in no groups. */
  enter?(group: string): void;
  /** What was published before is still sent. */
  leave?(group: string): void;
}

/** What a socket tells its owner. `closed` is the last call. */
export interface SocketHandler {
  /** `bytes` are only valid during the call. */
  message(bytes: ArrayBuffer, isBinary: boolean): void;
  /** A ping or a pong came; pings are answered by the transport. */
  controlFrame(): void;
  /** Some of the buffered bytes went out. */
  drained(): void;
  closed(code: number): void;
}

/** The facts of an upgrade or a plain request, copied before anything else runs. */
export interface RequestFacts {
  readonly method: string;
  /** As sent: not decoded. */
  readonly path: string;
  readonly query: string;
  readonly origin: string;
  readonly authorization: string;
  readonly subProtocols: string;
  readonly forwardedFor: string;
  /** `Last-Event-ID`: what a reader of a stream got last. */
  readonly lastEventId: string;
  /** `traceparent`, unchecked. */
  readonly traceparent: string;
  /** The TCP peer. */
  readonly remoteAddress: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** A request whose answer depends on its body, and takes time. */
export interface BodyRequest {
  /** Go with whatever the answer is. */
  readonly headers: Readonly<Record<string, string>>;
  readonly maxBodyBytes: number;
  /** `body` is undefined when it was longer. */
  readonly answer: (body: Uint8Array | undefined) => Promise<HttpAnswer>;
}

/** A request that is answered with a body without end, or refused after a while. */
export interface StreamRequest {
  /** Go with whatever the answer is. */
  readonly headers: Readonly<Record<string, string>>;
  readonly open: (stream: HttpStream) => StreamHandler;
}

export type HttpReply = HttpAnswer | BodyRequest | StreamRequest;

/** One answer on its way. Every method is safe to call after it ended: it then does nothing. */
export interface HttpStream {
  /** Answers something else instead. Only before `begin`. */
  refuse(answer: HttpAnswer): void;
  begin(head: StreamHead): void;
  /** What the kernel has not taken yet, bytes: never less, and 0 only when it took everything. */
  bufferedBytes(): number;
  /** Takes everything, whatever is buffered already. */
  write(parts: readonly Frame[]): void;
  /** Ends it as a whole. */
  end(): void;
  /** Ends it so that the reader sees that something is missing. */
  cut(): void;
}

export interface StreamHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Means nothing to the reader: written to keep proxies from hanging up, and to see whether it reads. */
  readonly filler: string;
}

/** What a stream tells its owner. `closed` is the last call. */
export interface StreamHandler {
  /** Some of the buffered bytes went out. */
  drained(): void;
  closed(): void;
}

export type UpgradeAnswer =
  | { readonly refused: HttpAnswer }
  | { readonly subProtocol: string | undefined; readonly open: (socket: Socket) => SocketHandler };

/** What the gateway decides; the transport only carries it out. */
export interface TransportHandler {
  upgrade(request: RequestFacts): UpgradeAnswer;
  http(request: RequestFacts): HttpReply;
  /** A handler threw: its socket is closed with 1011 or its answer is 500, the others go on. */
  failed(error: unknown): void;
  /** A frame was thrown away for a reader who is too far behind, which must not happen. */
  dropped(): void;
}

export interface TransportSettings {
  readonly host: string;
  readonly port: number;
  /** Several processes share the port by SO_REUSEPORT. */
  readonly sharedPort: boolean;
  readonly maxFrameBytes: number;
  readonly maxBackpressureBytes: number;
  readonly idleTimeoutSeconds: number;
}

export interface Transport extends Disposable {
  readonly port: number;
  /** One frame to every socket in the group. One that reads too slowly misses it. */
  publish(group: string, frame: Frame): void;
  /** No new sockets; the open ones stay. */
  stopListening(): void;
}
