import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

/** A NATS publisher that writes prepared `PUB` blocks: one system call for many. */
export class RawPublisher implements Disposable {
  readonly #socket: Socket;
  #blocks: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
  }

  static async connect(natsUrl: string): Promise<RawPublisher> {
    const [host, port] = natsUrl.split(':');
    const socket = connect({ host: host ?? '127.0.0.1', port: Number(port), noDelay: true });
    await once(socket, 'data');
    socket.write('CONNECT {"verbose":false,"pedantic":false,"name":"bench"}\r\nPING\r\n');
    await once(socket, 'data');
    socket.on('data', (bytes) => {
      if (bytes.includes('PING')) socket.write('PONG\r\n');
    });
    return new RawPublisher(socket);
  }

  static block(subject: string, payload: string): Buffer {
    return Buffer.from(`PUB ${subject} ${String(Buffer.byteLength(payload))}\r\n${payload}\r\n`);
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

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
