import { Again } from './again.ts';
import type { ClientFrame, Send } from './frames.ts';
import type { LiveChat } from './live-chat.ts';

/**
 * The questions the server has not accepted, in the order they were asked. One at a time waits for its answer,
 * so that they keep their order; what waits for its turn at the server has had one.
 */
export class Outbox {
  readonly #send: Send;
  readonly #chats = new Set<LiveChat>();
  readonly #again: Again;
  /** Sent on this socket and not answered. */
  #asked: LiveChat | undefined;

  /** `again` is called before what was put off, or not answered, is sent again. */
  constructor(send: Send, again: () => void) {
    this.#send = send;
    this.#again = new Again(() => {
      this.#asked = undefined;
      again();
      this.pump();
    });
  }

  get asked(): LiveChat | undefined {
    return this.#asked;
  }

  has(chat: LiveChat): boolean {
    return this.#chats.has(chat);
  }

  /** Only `pump` sends: several are added in one go. */
  add(chat: LiveChat): void {
    this.#chats.add(chat);
  }

  /** It has been accepted, or is not to be. Its question may be under way still. */
  remove(chat: LiveChat): void {
    this.#chats.delete(chat);
  }

  /** The socket is another one, or gone. */
  reset(): void {
    this.#asked = undefined;
    this.#again.stop();
  }

  /** The server has said something to it, whatever it was. */
  answered(chat: LiveChat): void {
    if (this.#asked === chat) {
      this.#asked = undefined;
      this.#again.answered();
    }
    this.pump();
  }

  /** Sends nothing for a while, and then all of it again that is not answered. */
  putOff(retryAfterMs: number | undefined): void {
    this.#again.in(retryAfterMs);
  }

  pump(): void {
    if (this.#asked !== undefined || this.#again.isDue) return;
    for (const chat of this.#chats) {
      if (chat.status === 'queued') continue;
      if (!this.#send(questionOf(chat))) return;
      chat.mayBeKnown = true;
      this.#asked = chat;
      this.#again.unlessAnswered();
      return;
    }
  }
}

function questionOf({ requestId, message = '', agentIdAsked }: LiveChat): ClientFrame {
  return {
    type: 'chat',
    id: requestId,
    data: { message, ...(agentIdAsked === undefined ? {} : { agent_id: agentIdAsked }) },
  };
}
