import type { PresenceMessage, PresentSession } from '../../shared/bus-protocol/presence.ts';
import type { Participant } from '../../shared/socket-protocol/server-events.ts';

/** What happens together leaves together: thousands who come back at once are a few messages. */
const GATHER_MS = 20;
/** Of one message; the longest list of participants fits twice into what the broker takes. */
const MAX_MESSAGE_BYTES = 256 * 1024;

/** What this gateway has to say to the others of its sessions: gathered, numbered, and sent in few messages. */
export class Announcements implements Disposable {
  readonly #participantsOf: (sessionId: string) => readonly Participant[];
  readonly #send: (message: PresenceMessage) => void;
  /** Whether each is also a question. */
  readonly #waiting = new Map<string, 'tell' | 'ask'>();
  #timer: NodeJS.Timeout | undefined;
  #sequence = 0;

  /** `participantsOf` is asked when the message is made. */
  constructor(
    participantsOf: (sessionId: string) => readonly Participant[],
    send: (message: PresenceMessage) => void,
  ) {
    this.#participantsOf = participantsOf;
    this.#send = send;
  }

  /** Of the last message sent. */
  get sequence(): number {
    return this.#sequence;
  }

  add(sessionId: string, kind: 'tell' | 'ask'): void {
    if (kind === 'ask' || !this.#waiting.has(sessionId)) this.#waiting.set(sessionId, kind);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
    }, GATHER_MS);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
  }

  #flush(): void {
    let sessions: PresentSession[] = [];
    let bytes = 0;
    for (const [sessionId, kind] of this.#waiting) {
      const session = this.#presentSession(sessionId, kind);
      sessions.push(session);
      bytes += Buffer.byteLength(JSON.stringify(session));
      if (bytes > MAX_MESSAGE_BYTES) {
        this.#sendNext(sessions);
        sessions = [];
        bytes = 0;
      }
    }
    this.#waiting.clear();
    if (sessions.length > 0) this.#sendNext(sessions);
  }

  #presentSession(sessionId: string, kind: 'tell' | 'ask'): PresentSession {
    const participants = [...this.#participantsOf(sessionId)];
    // Without a socket here there is nobody to be told the answer.
    const asks = kind === 'ask' && participants.length > 0;
    return { session: sessionId, participants, ...(asks ? { ask: true } : {}) };
  }

  #sendNext(sessions: PresentSession[]): void {
    this.#sequence += 1;
    this.#send({ sequence: this.#sequence, sessions });
  }
}
