import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A TCP connection that says what a test tells it to, byte for byte. */
export class RawHttp implements Disposable {
  readonly socket: Socket;
  /** When the other side has ended it, and with what it had said by then. */
  readonly ended: Promise<string>;
  #received = '';

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => undefined); // A reset is an end.
    socket.on('data', (data) => (this.#received += data.toString('latin1')));
    this.ended = new Promise((resolve) => {
      socket.on('close', () => resolve(this.#received));
    });
  }

  static async connect(port: number): Promise<RawHttp> {
    const socket = connect(port, '127.0.0.1');
    const raw = new RawHttp(socket);
    await once(socket, 'connect');
    return raw;
  }

  /** What it has said so far. */
  get received(): string {
    return this.#received;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }
}
