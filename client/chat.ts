import type { ClientError } from './errors.ts';

export type ChatStatus =
  /** Not accepted yet: it waits for the connection, or for its turn to be sent. */
  | 'pending'
  /** The server has it and lets it wait for the chat before it. */
  | 'queued'
  /** Accepted: it will end, whatever dies. */
  | 'running'
  | 'completed'
  | 'cancelled'
  | 'failed';

export interface ChatChunk {
  /** What is new: to append. */
  readonly delta: string;
  /** Everything so far, `delta` included: to show as it is. */
  readonly text: string;
  /** The answer began again: what came before this chunk does not count. */
  readonly restarted: boolean;
}

export interface ChatResult {
  readonly requestId: string;
  /** A cancelled chat has the text it had by then. */
  readonly status: 'completed' | 'cancelled';
  readonly text: string;
  readonly agentId: string | null;
  readonly agentName: string | null;
  /** What the answer cost, where the server says so. */
  readonly usage?: Readonly<Record<string, unknown>>;
}

/**
 * One question and its answer. Iterating gives the whole text so far first, then what comes; a reader that
 * is slow gets several pieces as one, so nothing piles up. Leaving the loop does not end the chat.
 */
export interface Chat extends AsyncIterable<ChatChunk> {
  readonly requestId: string;
  /** The question; undefined where only the answer was seen. */
  readonly message: string | undefined;
  readonly status: ChatStatus;
  readonly text: string;
  readonly agentId: string | null;
  readonly agentName: string | null;
  /** Set with status `failed`. */
  readonly error: ClientError | undefined;
  /** Rejects with a `ClientError` when the chat fails, or with the reason of an aborted signal. */
  readonly result: Promise<ChatResult>;
  /** Ends the chat on the server, now or once there is a connection. The loop ends, the result is `cancelled`. */
  cancel(): void;
  /** Calls back after every change. The returned function stops it. */
  onChange(listener: () => void): () => void;
}

export interface ChatOptions {
  /** Aborting ends the chat on the server, too, and the loop and the result at once with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly agentId?: string;
  /** An identifier; the same one is one chat, however often it is asked. Made up unless given. */
  readonly requestId?: string;
}
