import WebSocket from 'ws';
import { connect, type Session } from '../../../client/index.ts';

/** How one chat looked to whoever reads it through the library. */
export interface LibraryAnswer {
  readonly text: string;
  readonly status: 'completed' | 'cancelled' | 'failed';
}

/** The client of `client/` as an application uses it: everything it does to come back is its own. */
export class LibraryClient implements Disposable {
  readonly violations: string[] = [];
  readonly #session: Session;

  constructor(url: string, sessionId: string) {
    this.#session = connect({ url, sessionId, WebSocket, backoff: { baseMs: 20, maxMs: 250 } });
    this.#session.on('gap', () => this.violations.push('a gap'));
  }

  /** Asks and reads to the end. What the pieces add up to has to be what the library calls the text. */
  async ask(message: string, requestId: string, signal: AbortSignal): Promise<LibraryAnswer> {
    const chat = this.#session.chat(message, { requestId, signal });
    let text = '';
    try {
      for await (const chunk of chat) {
        text = chunk.restarted ? chunk.delta : text + chunk.delta;
        if (text !== chunk.text) this.violations.push(`a piece does not follow on ${text.length} characters`);
      }
      const { status, text: whole } = await chat.result;
      if (text !== whole) this.violations.push('the pieces are not the answer');
      return { text, status };
    } catch (error) {
      if (chat.status !== 'failed') throw error;
      return { text, status: 'failed' };
    }
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
