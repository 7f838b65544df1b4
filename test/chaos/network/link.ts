import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { WireWatch, type WatchPhase } from './wire-watch.ts';

/** `up` is toward the server behind the link. */
export type Direction = 'up' | 'down';

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Directions that wait, each for as many reasons. */
  readonly held: Record<Direction, number>;
  /** Everything sent is lost on the way, and nobody is told. */
  lost: boolean;
  /** So many more bytes go through, then the connection is reset: mostly in the middle of a frame. */
  bytesUntilReset: number | undefined;
}

/**
 * The network between two parts: a TCP proxy that can be cut, silenced, slowed down, or told to do something
 * at the very moment when certain bytes pass.
 */
export class Link implements AsyncDisposable {
  readonly name: string;
  readonly #server: Server;
  readonly #targetPort: () => number | undefined;
  readonly #pairs = new Set<Pair>();
  /** Connections that were let in while the link was silent: nobody is behind them. */
  readonly #orphans = new Set<Socket>();
  /** All that are not closed, also those whose other side is gone and who wait for a reader who sleeps. */
  readonly #sockets = new Set<Socket>();
  readonly #watches = new Set<WireWatch>();
  #state: 'open' | 'refusing' | 'silent' = 'open';
  #held = 0;

  private constructor(name: string, server: Server, targetPort: () => number | undefined) {
    this.name = name;
    this.#server = server;
    this.#targetPort = targetPort;
    server.on('connection', (client) => this.#accept(client));
  }

  /** `targetPort` is asked at every connection: undefined while nobody listens there. */
  static async open(name: string, targetPort: () => number | undefined): Promise<Link> {
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Link(name, server, targetPort);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection at once and lets none in until `heal`. */
  cut(): void {
    this.#state = 'refusing';
    for (const pair of this.#pairs) destroy(pair);
  }

  /** The process at the client's end is dead: what it has sent arrives, what waits here was never sent. */
  hangUp(): void {
    for (const pair of this.#pairs) endPair(pair);
  }

  /** Loses everything without a word, new connections included, until `heal` resets what there is. */
  silence(): void {
    this.#state = 'silent';
    for (const pair of this.#pairs) pair.lost = true;
  }

  /** Keeps all bytes back until `release`; none is lost. */
  hold(direction?: Direction): void {
    this.#held += 1;
    for (const pair of this.#pairs) {
      if (direction !== 'down') hold(pair, 'up');
      if (direction !== 'up') hold(pair, 'down');
    }
  }

  release(): void {
    this.#held = 0;
    for (const pair of this.#pairs) {
      release(pair, 'up', Infinity);
      release(pair, 'down', Infinity);
    }
  }

  /** Resets every connection once it has let so many more bytes through. */
  resetAfter(bytes: number): void {
    for (const pair of this.#pairs) pair.bytesUntilReset = bytes;
  }

  /** What was broken works again. Connections that lost something are reset, as they would be. */
  heal(): void {
    this.#state = 'open';
    for (const pair of this.#pairs) if (pair.lost) destroy(pair);
    for (const orphan of this.#orphans) orphan.resetAndDestroy();
    this.release();
  }

  /**
   * Calls `act` when these bytes pass towards the server: with `before` they wait until it is done, with
   * `after` they go on and what comes back waits. It is asked for once.
   */
  watch(text: string, phase: WatchPhase, act: () => Promise<void>): () => void {
    const watch = new WireWatch(text, phase, act);
    this.#watches.add(watch);
    return () => this.#watches.delete(watch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    for (const socket of [...this.#sockets, ...this.#orphans]) socket.destroy();
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }

  #accept(client: Socket): void {
    client.on('error', ignore);
    if (this.#state === 'silent') {
      this.#orphans.add(client);
      client.resume();
      client.on('close', () => this.#orphans.delete(client));
      return;
    }
    const port = this.#state === 'open' ? this.#targetPort() : undefined;
    if (port === undefined) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port, host: '127.0.0.1', noDelay: true });
    server.on('error', ignore);
    const held = { up: this.#held, down: this.#held };
    const pair: Pair = { client, server, held, lost: false, bytesUntilReset: undefined };
    this.#pairs.add(pair);
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#pairs.delete(pair);
        endPair(pair);
      });
    }
    if (this.#held > 0) {
      client.pause();
      server.pause();
    }
    client.on('data', (bytes) => void this.#forward(pair, 'up', bytes));
    server.on('data', (bytes) => void this.#forward(pair, 'down', bytes));
  }

  async #forward(pair: Pair, direction: Direction, bytes: Buffer): Promise<void> {
    if (pair.lost) return;
    const seen = direction === 'up' ? this.#seenBy(pair, bytes) : undefined;
    if (seen === undefined) {
      write(pair, direction, bytes);
      return;
    }
    this.#watches.delete(seen);
    const waiting = seen.phase === 'before' ? 'up' : 'down';
    if (seen.phase === 'after') write(pair, direction, bytes);
    hold(pair, waiting);
    await seen.act();
    if (seen.phase === 'before') write(pair, direction, bytes);
    release(pair, waiting, 1);
  }

  #seenBy(pair: Pair, bytes: Buffer): WireWatch | undefined {
    for (const watch of this.#watches) if (watch.passes(pair, bytes)) return watch;
    return undefined;
  }
}

function write(pair: Pair, direction: Direction, bytes: Buffer): void {
  const to = direction === 'up' ? pair.server : pair.client;
  if (pair.lost || to.writableEnded || to.destroyed) return;
  if (pair.bytesUntilReset !== undefined) {
    const part = bytes.subarray(0, pair.bytesUntilReset);
    pair.bytesUntilReset -= part.length;
    if (pair.bytesUntilReset === 0) {
      to.write(part, () => destroy(pair));
      return;
    }
  }
  if (to.write(bytes)) return;
  hold(pair, direction);
  to.once('drain', () => release(pair, direction, 1));
}

function hold(pair: Pair, direction: Direction): void {
  pair.held[direction] += 1;
  (direction === 'up' ? pair.client : pair.server).pause();
}

function release(pair: Pair, direction: Direction, count: number): void {
  pair.held[direction] = Math.max(0, pair.held[direction] - count);
  if (pair.held[direction] === 0) (direction === 'up' ? pair.client : pair.server).resume();
}

function destroy({ client, server }: Pair): void {
  client.resetAndDestroy();
  // Not connected yet: it can't be reset.
  if (server.connecting) server.destroy();
  else server.resetAndDestroy();
}

/** One side is gone: the other gets what was on its way, then the end. */
function endPair({ client, server }: Pair): void {
  for (const socket of [client, server]) if (!socket.destroyed) socket.destroySoon();
}

function ignore(): void {
  // What it means shows in `close`.
}
