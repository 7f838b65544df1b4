/** Where a session is remembered across reloads: `sessionStorage`, or anything like it. */
export interface SessionStorageLike {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** A chat that has not ended, as far as this client knows. */
export interface RememberedChat {
  readonly id: string;
  readonly message: string;
  readonly agentId?: string;
  /** Where the session's channel stood before anything of the chat; unknown before the first connection. */
  readonly cursor?: string;
  /** Cancelled, and the server has not confirmed it. */
  readonly cancelled?: true;
}

interface Remembered {
  readonly cursor?: string;
  readonly chats: readonly RememberedChat[];
}

/**
 * What a reloaded page needs: the session's cursor and its unfinished chats, oldest first, each with the
 * cursor its events lie after. Written when something begins or ends, not with every chunk: a running chat
 * is read again from its beginning, because the page that had its text is gone.
 */
export class Memory {
  readonly #storage: SessionStorageLike | undefined;
  readonly #key: string;
  #cursor: string | undefined;
  #chats: readonly RememberedChat[] = [];

  constructor(storage: SessionStorageLike | undefined, sessionId: string) {
    this.#storage = storage;
    this.#key = `cidadao:${sessionId}`;
    const { cursor, chats } = parse(this.#read());
    this.#cursor = cursor;
    this.#chats = chats;
  }

  get chats(): readonly RememberedChat[] {
    return this.#chats;
  }

  /** Where to start reading again so that nothing of an unfinished chat is missing. */
  get start(): string | undefined {
    return this.#chats.find(({ cursor }) => cursor !== undefined)?.cursor ?? this.#cursor;
  }

  /** Chats that were asked before the first connection lie after what is now the first cursor. */
  moved(cursor: string): void {
    this.#cursor = cursor;
    this.#chats = this.#chats.map((chat) => ({ cursor, ...chat }));
    this.#write();
  }

  /** The channel begins anew, and all that is left of it lies after this. */
  restarted(cursor: string | undefined): void {
    this.#cursor = cursor;
    this.#chats = this.#chats.map(({ id, message, agentId, cancelled }) => ({
      id,
      message,
      ...(agentId === undefined ? {} : { agentId }),
      ...(cancelled === undefined ? {} : { cancelled }),
    }));
    this.#write();
  }

  add(chat: RememberedChat): void {
    this.#chats = [...this.#chats.filter(({ id }) => id !== chat.id), chat];
    this.#write();
  }

  cancelled(requestId: string): void {
    this.#chats = this.#chats.map((chat) => (chat.id === requestId ? { ...chat, cancelled: true } : chat));
    this.#write();
  }

  remove(requestId: string): void {
    const left = this.#chats.filter(({ id }) => id !== requestId);
    if (left.length === this.#chats.length) return;
    this.#chats = left;
    this.#write();
  }

  #read(): string | null {
    try {
      return this.#storage?.getItem(this.#key) ?? null;
    } catch {
      return null; // Storage is forbidden here: nothing outlives the page.
    }
  }

  #write(): void {
    try {
      const remembered: Remembered = {
        ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }),
        chats: this.#chats,
      };
      this.#storage?.setItem(this.#key, JSON.stringify(remembered));
    } catch {
      // Full or forbidden: the session works, and only a reload would miss it.
    }
  }
}

function parse(text: string | null): Remembered {
  if (text === null) return { chats: [] };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return { chats: [] };
    const { cursor, chats } = value as Record<string, unknown>;
    return {
      ...(isText(cursor) ? { cursor } : {}),
      chats: Array.isArray(chats) ? chats.filter(isRememberedChat) : [],
    };
  } catch {
    return { chats: [] }; // Somebody else's, or cut off: as if there were none.
  }
}

function isRememberedChat(value: unknown): value is RememberedChat {
  if (typeof value !== 'object' || value === null) return false;
  const { id, message, cursor } = value as Record<string, unknown>;
  return isText(id) && isText(message) && (cursor === undefined || isText(cursor));
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
