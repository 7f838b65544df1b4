import { setTimeout as delay } from 'node:timers/promises';
import { SocketClient } from '../../support/socket-client.ts';

const PING_INTERVAL_MS = 25;
/** Every so many pings a question is asked and its answer waited for. */
const PINGS_A_CHAT = 40;
/** A client keeps every frame: it is replaced before there are many. */
const CHATS_A_SOCKET = 20;

/** A client like any other, in a session of its own, while others send nonsense. */
export class Prober {
  readonly #url: string;
  readonly #pingMs: number[] = [];
  #chats = 0;

  constructor(url: string) {
    this.#url = url;
  }

  /** @throws Error when an answer does not come, or something that was not asked for does */
  async run(over: AbortSignal): Promise<void> {
    for (let session = 0; !over.aborted; session += 1) {
      await using socket = await SocketClient.connect(
        `${this.#url}/ws/chat/prober-${process.pid}-${session}`,
      );
      await socket.next('connection');
      for (let chats = 0; chats < CHATS_A_SOCKET && !over.aborted; chats += 1) {
        for (let pings = 0; pings < PINGS_A_CHAT && !over.aborted; pings += 1) {
          await ping(socket, this.#pingMs);
          await delay(PING_INTERVAL_MS);
        }
        await this.#ask(socket);
      }
    }
  }

  result(): { pings: number; chats: number; pingP99Ms: number } {
    return {
      pings: this.#pingMs.length,
      chats: this.#chats,
      pingP99Ms: p99(this.#pingMs),
    };
  }

  async #ask(socket: SocketClient): Promise<void> {
    const id = `q${this.#chats}`;
    socket.send({ type: 'chat', id, data: { message: 'Olá! O que você sabe fazer?' } });
    const frames = await socket.until(({ type }) => type === 'chat_complete' || type === 'error', 20_000);
    const foreign = frames.find(({ data }) => data['request_id'] !== id);
    if (foreign !== undefined) throw new Error(`not asked for: ${JSON.stringify(foreign)}`);
    if (frames.at(-1)?.type !== 'chat_complete')
      throw new Error(`no answer: ${JSON.stringify(frames.at(-1))}`);
    this.#chats += 1;
  }
}

async function ping(socket: SocketClient, tookMs: number[]): Promise<void> {
  const sentAtMs = performance.now();
  const strange = await socket.untilPong();
  if (strange.length > 0) throw new Error(`not asked for: ${JSON.stringify(strange[0])}`);
  tookMs.push(performance.now() - sentAtMs);
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
}
