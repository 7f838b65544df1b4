import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A NATS publisher that writes prepared `PUB` blocks: one system call for many. */
export class RawPublisher implements Disposable {
  readonly #socket: Socket;
  #blocks: Buffer[] = [];
  #onPong: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(natsUrl: string): Promise<RawPublisher> {
    const [host, port] = natsUrl.split(':');
    const socket = connect({ host: host ?? '127.0.0.1', port: Number(port), noDelay: true });
    await once(socket, 'data');
    socket.write('CONNECT {"verbose":false,"pedantic":false,"headers":true,"name":"bench"}\r\nPING\r\n');
    await once(socket, 'data');
    const publisher = new RawPublisher(socket);
    socket.on('data', (bytes) => {
      if (bytes.includes('PING')) socket.write('PONG\r\n');
      if (bytes.includes('PONG')) publisher.#onPong();
    });
    return publisher;
  }

  static block(subject: string, payload: string, headers: Readonly<Record<string, string>> = {}): Buffer {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const size = Buffer.byteLength(payload);
    if (lines.length === 0) return Buffer.from(`PUB ${subject} ${String(size)}\r\n${payload}\r\n`);
    const head = `NATS/1.0\r\n${lines.join('')}\r\n`;
    const sizes = `${String(head.length)} ${String(head.length + size)}`;
    return Buffer.from(`HPUB ${subject} ${sizes}\r\n${head}${payload}\r\n`);
  }

  /** Gathers what is published in one turn of the loop. */
  publish(block: Buffer): void {
    if (this.#blocks.length === 0) {
      setImmediate(() => {
        this.#socket.write(Buffer.concat(this.#blocks));
        this.#blocks = [];
      });
    }
    this.#blocks.push(block);
  }

  /** Sends it now. */
  publishAtOnce(block: Buffer): void {
    this.#socket.write(block);
  }

  /** Resolves when the broker has taken all of it, one call at a time. It may not be stored yet. */
  taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#onPong = resolve;
      this.publish(Buffer.from('PING\r\n'));
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
