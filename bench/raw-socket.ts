import { connect, type Socket } from 'node:net';

const EMPTY: Buffer = Buffer.alloc(0);

/**
 * A WebSocket client that only walks frame headers: the driver must cost less than what it drives. Text
 * frames from a server are never masked.
 */
export class RawSocket implements Disposable {
  readonly #socket: Socket;
  readonly #onFrame: () => void;
  #upgraded = false;
  /** Bytes of the present frame's payload that are still to come. */
  #missing = 0;
  /** The beginning of a frame header that was cut by the end of a read. */
  #carry: Buffer = EMPTY;
  /** The only frame whose payload is kept; undefined once it is there. */
  #firstPayload: Buffer[] | undefined = [];
  #welcome = '';

  private constructor(port: number, path: string, onFrame: () => void) {
    this.#onFrame = onFrame;
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n' +
        'Sec-WebSocket-Protocol: cidadao.v1\r\n\r\n',
    );
    this.#socket.on('data', (bytes) => this.#receive(bytes));
    this.#socket.on('error', () => undefined);
  }

  /** Resolves with the first frame, which is the welcome. `onFrame` is called for those after it. */
  static open(port: number, path: string, onFrame: () => void): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      let welcomed = false;
      const socket: RawSocket = new RawSocket(port, path, () => {
        if (welcomed) onFrame();
        else {
          welcomed = true;
          resolve(socket);
        }
      });
      socket.#socket.once('close', () => reject(new Error(`the server closed ${path}`)));
    });
  }

  /** The payload of the first frame. */
  get welcome(): string {
    return this.#welcome;
  }

  /** Sends a text frame of at most 125 bytes. Its mask is zero: what is masked costs the same to unmask. */
  send(text: string): void {
    const payload = Buffer.from(text);
    this.#socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0]), payload]));
  }

  whenClosed(callback: () => void): void {
    this.#socket.once('close', callback);
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #receive(bytes: Buffer): void {
    if (this.#upgraded) {
      this.#walk(this.#carry.length === 0 ? bytes : Buffer.concat([this.#carry, bytes]), 0);
      return;
    }
    const end = bytes.indexOf('\r\n\r\n');
    if (end < 0 || !bytes.subarray(0, 13).equals(Buffer.from('HTTP/1.1 101 '))) {
      this.#socket.destroy();
      return;
    }
    this.#upgraded = true;
    this.#walk(bytes, end + 4);
  }

  #walk(bytes: Buffer, start: number): void {
    let offset = start;
    this.#carry = EMPTY;
    while (offset < bytes.length) {
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - offset);
        this.#missing -= taken;
        this.#firstPayload?.push(bytes.subarray(offset, offset + taken));
        offset += taken;
        if (this.#missing === 0) this.#endFrame();
        continue;
      }
      const left = bytes.length - offset;
      const short = left < 2 ? 0 : (bytes[offset + 1] ?? 0) & 0x7f;
      const headerBytes = short === 127 ? 10 : short === 126 ? 4 : 2;
      if (left < headerBytes) {
        this.#carry = bytes.subarray(offset);
        return;
      }
      if (short === 127) this.#missing = Number(bytes.readBigUInt64BE(offset + 2));
      else this.#missing = short === 126 ? bytes.readUInt16BE(offset + 2) : short;
      offset += headerBytes;
    }
  }

  #endFrame(): void {
    if (this.#firstPayload !== undefined) {
      this.#welcome = Buffer.concat(this.#firstPayload).toString();
      this.#firstPayload = undefined;
    }
    this.#onFrame();
  }
}
