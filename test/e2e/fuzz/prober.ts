import { setTimeout as delay } from 'node:timers/promises';
import { freshId } from '../../support/fresh-id.ts';
import { SocketClient } from '../../support/socket-client.ts';

const PING_INTERVAL_MS = 25;
/** Every so many pings a question is asked and its answer waited for. */
const PINGS_A_CHAT = 40;
/** A client keeps every frame: it is replaced before there are many. */
const CHATS_A_SOCKET = 20;
const MAX_TRIES = 10;
/** Who was sent away comes back after this. */
export const REFUSED_PAUSE_MS = 1_000;

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
    while (!isOver(over)) {
      try {
        await this.#session(over);
      } catch (error) {
        if (!isRefusal(error)) throw error;
        await delay(REFUSED_PAUSE_MS);
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

  async #session(over: AbortSignal): Promise<void> {
    await using socket = await SocketClient.connect(`${this.#url}/ws/chat/${freshId('prober')}`);
    await socket.next('connection');
    for (let chats = 0; chats < CHATS_A_SOCKET && !isOver(over); chats += 1) {
      for (let pings = 0; pings < PINGS_A_CHAT && !isOver(over); pings += 1) {
        await ping(socket, this.#pingMs);
        await delay(PING_INTERVAL_MS);
      }
      // What was asked twice is answered twice: the next questions come from another socket.
      if ((await this.#ask(socket)) > 1) return;
    }
  }

  /**
   * As the protocol wants it: what the broker did not confirm in time is asked again under the same id.
   * @returns how often it was asked
   */
  async #ask(socket: SocketClient): Promise<number> {
    const id = `q${this.#chats}`;
    for (let tries = 1; tries <= MAX_TRIES; tries += 1) {
      socket.send({ type: 'chat', id, data: { message: 'Olá! O que você sabe fazer?' } });
      const frames = await socket.until(({ type }) => type === 'chat_complete' || type === 'error', 20_000);
      const foreign = frames.find(({ data }) => data['request_id'] !== id);
      if (foreign !== undefined) throw new Error(`not asked for: ${JSON.stringify(foreign)}`);
      const end = frames.at(-1);
      if (end?.type === 'chat_complete') {
        this.#chats += 1;
        return tries;
      }
      if (end?.data['code'] !== 'UNAVAILABLE') throw new Error(`no answer: ${JSON.stringify(end)}`);
      await delay(REFUSED_PAUSE_MS);
    }
    throw new Error(`no answer to ${id} after ${MAX_TRIES} tries`);
  }
}

/**
 * Whether a socket was sent away to come back: the broker had not answered for three seconds, as on a machine
 * where much else runs.
 */
export function isRefusal(error: unknown): boolean {
  return (
    error instanceof Error && /response: 503|^refused: HTTP\/1\.1 503|closed with 1013/.test(error.message)
  );
}

/** Set by others during awaits. */
function isOver(over: AbortSignal): boolean {
  return over.aborted;
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
