import { randomBytes } from 'node:crypto';
import { RawPublisher } from './raw-publisher.ts';

/** What one session is sent, message after message, and which of the frames that come out of it are answers. */
export interface Traffic {
  next(): Buffer;
  /** Whether the frame that has just come was published, rather than added by the gateway. */
  arrived(): boolean;
}

const REQUEST_ID = 'msg_1767225600000_abcdefghi';
const AGENT = { agent_id: 'zumbi', agent_name: 'Zumbi dos Palmares' };

function event(type: string, data: object): string {
  const identity = { timestamp: '2026-01-01T00:00:00.000Z', id: '3f167ddd-c9a3-4089-b718-0d38d9f64c96' };
  return JSON.stringify({ type, data, ...identity });
}

/** As a worker writes it: 263 bytes. */
export const CHUNK = event('chat', {
  role: 'assistant',
  content: 'contrato ',
  ...AGENT,
  chunk: true,
  request_id: REQUEST_ID,
  chunk_index: 17,
});

/** Nothing but chunks. */
export class Chunks implements Traffic {
  readonly #block: Buffer;

  constructor(sessionId: string) {
    this.#block = RawPublisher.block(`session.${sessionId}.chat.q`, CHUNK);
  }

  next(): Buffer {
    return this.#block;
  }

  arrived(): boolean {
    return true;
  }
}

const ACCEPTED = event('chat_accepted', {
  request_id: REQUEST_ID,
  role: 'user',
  message: 'Quais contratos?',
});
const COMPLETE = event('chat_complete', {
  status: 'completed',
  request_id: REQUEST_ID,
  ...AGENT,
  content: 'contrato '.repeat(100),
  is_complete: true,
});
/** The gateway adds `typing` after `chat_accepted`. */
const TYPING = 1;

/** One traced chat after another, each of so many chunks. */
export class TracedChats implements Traffic {
  readonly #sessionId: string;
  readonly #chunksPerChat: number;
  #chat = 0;
  #message = 0;
  #frame = 0;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(sessionId: string, chunksPerChat: number) {
    this.#sessionId = sessionId;
    this.#chunksPerChat = chunksPerChat;
  }

  next(): Buffer {
    const message = this.#message;
    this.#message = (message + 1) % (this.#chunksPerChat + 2);
    if (message > 0 && message <= this.#chunksPerChat) return this.#chunk;
    if (message > this.#chunksPerChat) return RawPublisher.block(this.#subject, COMPLETE);
    this.#chat += 1;
    this.#chunk = RawPublisher.block(this.#subject, CHUNK);
    const traceparent = `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
    return RawPublisher.block(this.#subject, ACCEPTED, { traceparent });
  }

  arrived(): boolean {
    const frame = this.#frame;
    this.#frame = (frame + 1) % (this.#chunksPerChat + 3);
    return frame !== TYPING;
  }

  get #subject(): string {
    return `session.${this.#sessionId}.chat.r${String(this.#chat)}`;
  }
}
