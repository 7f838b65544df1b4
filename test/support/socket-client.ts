import { once } from 'node:events';
import WebSocket, { type RawData } from 'ws';
import { inTime } from './eventually.ts';
import { parseServerFrame, type ServerFrame } from './server-frame.ts';

const SUB_PROTOCOL = 'cidadao.v1';

export interface ConnectOptions {
  /** `cidadao.v1` unless told otherwise; empty offers none, as the original client. */
  readonly subProtocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  /** False: never answers the server's pings. */
  readonly autoPong?: boolean;
  /**
   * True: `presence` is a frame like any other. Otherwise it is checked and kept apart, because it tells of
   * other sockets, which may come and go at any time.
   */
  readonly presence?: boolean;
}

export interface Closing {
  readonly code: number;
  readonly reason: string;
}

/**
 * An independent WebSocket client. It keeps and checks every frame from the first byte on, so that nothing
 * is missed between two awaits; each frame is taken once, by `next` or `until`.
 */
export class SocketClient implements AsyncDisposable {
  /** Every frame so far, taken or not. */
  readonly frames: ServerFrame[] = [];
  /** Every `presence` so far. */
  readonly presence: ServerFrame[] = [];
  /** Resolves when the socket has ended; 1006 is an end without a close frame. */
  readonly closed: Promise<Closing>;
  readonly #socket: WebSocket;
  readonly #showsPresence: boolean;
  readonly #untaken: ServerFrame[] = [];
  #violation: Error | undefined;
  #ended = false;
  #wake: () => void = () => undefined;
  #changed = new Promise<void>((resolve) => (this.#wake = resolve));

  private constructor(socket: WebSocket, showsPresence: boolean) {
    this.#socket = socket;
    this.#showsPresence = showsPresence;
    socket.on('message', (data, isBinary) => this.#receive(data, isBinary));
    socket.on('error', () => undefined); // What it means shows in `closed`.
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => {
        this.#ended = true;
        this.#announce();
        resolve({ code, reason: reason.toString() });
      });
    });
  }

  /** Resolves when the upgrade was answered with 101. @throws Error with the status when it was refused */
  static async connect(url: string, options: ConnectOptions = {}): Promise<SocketClient> {
    const { subProtocols = [SUB_PROTOCOL], headers = {}, autoPong = true, presence = false } = options;
    const socket = new WebSocket(url, [...subProtocols], {
      headers,
      autoPong,
      perMessageDeflate: false,
    });
    const client = new SocketClient(socket, presence);
    await inTime(once(socket, 'open'), () => `no answer to the upgrade of ${url}`);
    return client;
  }

  /** What the server selected; empty when nothing. */
  get subProtocol(): string {
    return this.#socket.protocol;
  }

  /** The socket underneath, for what only a raw one can do: pause reading, cut the connection. */
  get raw(): WebSocket {
    return this.#socket;
  }

  /** Objects go out as JSON, strings as they are, bytes as a binary frame. */
  send(message: object | string | Uint8Array): void {
    const isRaw = typeof message === 'string' || message instanceof Uint8Array;
    this.#socket.send(isRaw ? message : JSON.stringify(message));
  }

  /** Takes the first untaken frame of this type and leaves the others. */
  next(type: string): Promise<ServerFrame> {
    return this.nextWhere(
      (frame) => frame.type === type,
      () => `no "${type}"`,
    );
  }

  /** Takes the first untaken frame that fits and leaves the others. */
  async nextWhere(
    fits: (frame: ServerFrame) => boolean,
    describe = (): string => `nothing that fits ${fits.toString()}`,
  ): Promise<ServerFrame> {
    const index = await this.#find(fits, describe);
    const [frame] = this.#untaken.splice(index, 1);
    if (frame === undefined) throw new Error('two callers wait for the same frame');
    return frame;
  }

  /** Takes everything up to the first frame that fits, and gives it all in the order it came. */
  async until(fits: (frame: ServerFrame) => boolean, deadlineMs?: number): Promise<ServerFrame[]> {
    const index = await this.#find(fits, () => `nothing that fits ${fits.toString()}`, deadlineMs);
    return this.#untaken.splice(0, index + 1);
  }

  /** Sends `ping` and takes everything up to its `pong`, which is left out: what was on its way has come. */
  async untilPong(): Promise<ServerFrame[]> {
    this.send({ type: 'ping' });
    return (await this.until(({ type }) => type === 'pong')).slice(0, -1);
  }

  /** Resolves when the last `presence` fits. */
  async untilPresence(fits: (frame: ServerFrame) => boolean, deadlineMs?: number): Promise<ServerFrame> {
    const search = async (): Promise<ServerFrame> => {
      for (;;) {
        this.#throwViolation();
        const last = this.presence.at(-1);
        if (last !== undefined && fits(last)) return last;
        if (this.#ended) throw new Error('the socket has ended');
        await this.#changed;
      }
    };
    const told = (): string => JSON.stringify(this.presence.map(({ data }) => data));
    return inTime(search(), () => `no presence that fits ${fits.toString()}: ${told()}`, deadlineMs);
  }

  /** Closes cleanly, as a client that is done. */
  async close(code = 1000): Promise<Closing> {
    this.#socket.close(code);
    return inTime(this.closed, () => 'the server does not answer a close');
  }

  /** Cuts the connection, as a network that fails. */
  async cut(): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut();
    this.#throwViolation();
  }

  async #find(
    fits: (frame: ServerFrame) => boolean,
    describe: () => string,
    deadlineMs?: number,
  ): Promise<number> {
    const search = async (): Promise<number> => {
      for (;;) {
        this.#throwViolation();
        const index = this.#untaken.findIndex(fits);
        if (index >= 0) return index;
        if (this.#ended) {
          const { code, reason } = await this.closed;
          throw new Error(`${describe()}: closed with ${code} "${reason}" after ${this.#summary()}`);
        }
        await this.#changed;
      }
    };
    return inTime(search(), () => `${describe()} after ${this.#summary()}`, deadlineMs);
  }

  #receive(data: RawData, isBinary: boolean): void {
    try {
      if (isBinary || !Buffer.isBuffer(data)) throw new Error('a binary frame');
      const frame = parseServerFrame(data.toString());
      if (frame.type === 'presence') this.presence.push(frame);
      if (frame.type !== 'presence' || this.#showsPresence) {
        this.frames.push(frame);
        this.#untaken.push(frame);
      }
    } catch (error) {
      this.#violation ??= new Error('the server broke the protocol', { cause: error });
    }
    this.#announce();
  }

  #announce(): void {
    this.#wake();
    this.#changed = new Promise((resolve) => (this.#wake = resolve));
  }

  #throwViolation(): void {
    const violation = this.#violation;
    this.#violation = undefined;
    if (violation !== undefined) throw violation;
  }

  #summary(): string {
    return this.frames.map(({ type }) => type).join(', ') || 'no frame';
  }
}
