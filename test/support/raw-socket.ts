import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { inTime } from './eventually.ts';

export interface FrameOptions {
  /** The first byte's flags: FIN unless told otherwise. */
  readonly fin?: boolean;
  readonly rsv?: number;
  /** Clients must mask: false breaks the protocol. */
  readonly masked?: boolean;
  /** The length that is announced, when it is not the payload's. */
  readonly length?: number | bigint;
}

/** One WebSocket frame as bytes, also a wrong one. */
export function frameBytes(opcode: number, payload: Uint8Array | string, options: FrameOptions = {}): Buffer {
  const { fin = true, rsv = 0, masked = true } = options;
  const body = Buffer.from(payload);
  const length = options.length ?? body.length;
  const first = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  const mask = masked ? 0x80 : 0;
  const head: number[] = [first];
  if (length < 126) head.push(mask | Number(length));
  else if (length < 65_536) head.push(mask | 126, Number(length) >> 8, Number(length) & 0xff);
  else {
    const wide = Buffer.alloc(8);
    wide.writeBigUInt64BE(BigInt(length));
    head.push(mask | 127, ...wide);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), body]);
  const key = randomBytes(4);
  const hidden = body.map((byte, index) => byte ^ (key[index % 4] ?? 0));
  return Buffer.concat([Buffer.from(head), key, hidden]);
}

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A WebSocket that keeps no rule: after the upgrade it writes what it is told to. */
export class RawSocket implements Disposable {
  readonly #socket: Socket;
  readonly closed: Promise<void>;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('error', () => undefined); // A reset is an end.
    this.closed = new Promise((resolve) => {
      socket.on('close', () => resolve());
    });
  }

  /** @throws Error when the upgrade is refused */
  static async open(port: number, path: string): Promise<RawSocket> {
    const socket = connect(port, '127.0.0.1');
    const raw = new RawSocket(socket);
    await once(socket, 'connect');
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: cidadao.v1\r\n\r\n`,
    );
    const [answer] = (await inTime(once(socket, 'data'), () => `no answer to ${path}`)) as [Buffer];
    if (!answer.toString('latin1').startsWith('HTTP/1.1 101'))
      throw new Error(`refused: ${answer.toString()}`);
    // What follows is read and dropped, so that the other side is never held up.
    socket.on('data', () => undefined);
    return raw;
  }

  /** Resolves once the bytes are with the kernel, or when the other side has ended it. */
  async write(bytes: Uint8Array): Promise<void> {
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#socket.write(bytes, () => resolve());
      }),
      this.closed,
    ]);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
