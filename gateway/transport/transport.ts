import type { CloseReason } from '../../shared/socket-protocol/close-codes.ts';

/** One text frame on its way out. */
export type Frame = Uint8Array | string;

/** One open WebSocket. Every method is safe to call after it closed: it then does nothing. */
export interface Socket {
  /** What the kernel has not taken yet, bytes. */
  bufferedBytes(): number;
  /** Several frames with as few system calls as possible. False when one was dropped, which must not happen. */
  send(frames: readonly Frame[]): boolean;
  /** Ends with a close frame. */
  close(reason: CloseReason): void;
  /** Ends without one: the original client comes back only after that. */
  cut(): void;
}

/** What a socket tells its owner. `closed` is the last call. */
export interface SocketHandler {
  /** `bytes` are only valid during the call. */
  message(bytes: ArrayBuffer, isBinary: boolean): void;
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
  /** The TCP peer. */
  readonly remoteAddress: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

export type UpgradeAnswer =
  | { readonly refused: HttpAnswer }
  | { readonly subProtocol: string | undefined; readonly open: (socket: Socket) => SocketHandler };

/** What the gateway decides; the transport only carries it out. */
export interface TransportHandler {
  upgrade(request: RequestFacts): UpgradeAnswer;
  http(request: RequestFacts): HttpAnswer;
  /** A handler threw: its socket is closed with 1011, the others go on. */
  failed(error: unknown): void;
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
  /** No new sockets; the open ones stay. */
  stopListening(): void;
}
