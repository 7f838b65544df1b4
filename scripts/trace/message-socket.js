import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
const PONG = 0xa;
const MASKED = 0x80;

/** A WebSocket as far as one question needs it: Node 20 has none, and scripts use no packages. */
export class MessageSocket {
  /** @type {import('node:net').Socket} */
  #socket;
  /** @type {(text: string) => void} */
  #onMessage;
  #bytes = Buffer.alloc(0);
  #isOpen = false;
  /** @type {() => void} */
  #opened = () => undefined;

  /**
   * @param {import('node:net').Socket} socket
   * @param {(text: string) => void} onMessage
   */
  constructor(socket, onMessage) {
    this.#socket = socket;
    this.#onMessage = onMessage;
    socket.on('data', (data) => {
      this.#bytes = Buffer.concat([this.#bytes, data]);
      this.#read();
    });
  }

  /**
   * @param {number} port on this machine
   * @param {string} path
   * @param {(text: string) => void} onMessage
   */
  static async connect(port, path, onMessage) {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const messages = new MessageSocket(socket, onMessage);
    const opened = new Promise((/** @type {(value?: undefined) => void} */ resolve) => {
      messages.#opened = resolve;
    });
    const key = randomBytes(16).toString('base64');
    const headers = [
      `GET ${path} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: Upgrade',
      'Upgrade: websocket',
      `Sec-WebSocket-Key: ${key}`,
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: cidadao.v1',
    ];
    socket.write(`${headers.join('\r\n')}\r\n\r\n`);
    await opened;
    return messages;
  }

  /** @param {object} message */
  send(message) {
    this.#write(TEXT, Buffer.from(JSON.stringify(message)));
  }

  close() {
    this.#write(CLOSE, Buffer.from([0x03, 0xe8]));
    this.#socket.end();
  }

  #read() {
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf('\r\n\r\n');
      if (end < 0) return;
      const status = this.#bytes.subarray(0, end).toString('latin1').split('\r\n', 1).join('');
      if (!status.includes(' 101 ')) throw new Error(`The gateway answers "${status}".`);
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#isOpen = true;
      this.#opened();
    }
    for (let frame = this.#takeFrame(); frame !== undefined; frame = this.#takeFrame()) {
      if (frame.opcode === TEXT) this.#onMessage(frame.payload.toString('utf8'));
      else if (frame.opcode === PING) this.#write(PONG, frame.payload);
    }
  }

  /** A server's frames are not masked, and this one's are never in parts. */
  #takeFrame() {
    const bytes = this.#bytes;
    if (bytes.length < 2) return undefined;
    const short = bytes.readUInt8(1);
    const lengthBytes = short < 126 ? 0 : short === 126 ? 2 : 8;
    if (bytes.length < 2 + lengthBytes) return undefined;
    const start = 2 + lengthBytes;
    const length =
      lengthBytes === 0
        ? short
        : lengthBytes === 2
          ? bytes.readUInt16BE(2)
          : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return undefined;
    this.#bytes = bytes.subarray(start + length);
    return { opcode: bytes.readUInt8(0) & 0x0f, payload: bytes.subarray(start, start + length) };
  }

  /**
   * @param {number} opcode
   * @param {Buffer} payload shorter than 64 KiB
   */
  #write(opcode, payload) {
    const mask = randomBytes(4);
    const masked = payload.map((byte, index) => byte ^ mask.readUInt8(index % 4));
    const head = Buffer.alloc(payload.length < 126 ? 2 : 4);
    head.writeUInt8(0x80 | opcode, 0);
    if (payload.length < 126) head.writeUInt8(MASKED | payload.length, 1);
    else {
      head.writeUInt8(MASKED | 126, 1);
      head.writeUInt16BE(payload.length, 2);
    }
    this.#socket.write(Buffer.concat([head, mask, masked]));
  }
}
