import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { SeededRandom } from './seeded-random.ts';

export interface CuttingProxyOptions {
  readonly random: SeededRandom;
  /** Ports behind it; each connection goes to one of them. */
  readonly targets: () => readonly number[];
  /** A connection is cut after at most so many bytes from the server, anywhere: in the upgrade, in a frame. */
  readonly maxBytes: number;
}

/** A network that fails: it passes bytes on until a point of its own choosing and cuts the connection there. */
export class CuttingProxy implements AsyncDisposable {
  /** Connections it has cut. */
  cuts = 0;
  /** False: it passes everything on. */
  isCutting = true;
  /** False: nobody gets through. */
  isUp = true;
  readonly #options: CuttingProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(options: CuttingProxyOptions) {
    this.#options = options;
    this.#server = createServer((client) => {
      this.#accept(client);
    });
  }

  static async start(options: CuttingProxyOptions): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Ends every connection now. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (!this.isUp) {
      client.destroy();
      return;
    }
    const { random, targets, maxBytes } = this.#options;
    const server = connect(random.pick(targets()), '127.0.0.1');
    let bytesLeft = random.integer(0, maxBytes);
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        end();
      });
    }
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => {
      if (!this.isCutting || bytes.length <= bytesLeft) {
        bytesLeft -= bytes.length;
        client.write(bytes);
        return;
      }
      this.cuts += 1;
      // The part that got through is delivered; the rest never comes.
      server.removeAllListeners('data');
      client.end(bytes.subarray(0, bytesLeft), () => {
        end();
      });
    });
  }
}
