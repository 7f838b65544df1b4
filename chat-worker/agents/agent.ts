/** Who answers, as clients show it. Ids and names are part of the wire contract. */
export interface AgentIdentity {
  readonly id: string;
  readonly name: string;
}

/** One stored event of an investigation. */
export interface InvestigationEvent {
  /** The last token of the subject: `progress`, `anomaly`, `finding`, … */
  readonly kind: string;
  /** The JSON object that was published, already checked to be one. */
  readonly body: Readonly<Record<string, unknown>>;
  /** When the broker stored it, milliseconds since the epoch. */
  readonly storedAtMs: number;
  /** Its position in the stream; grows with every event. */
  readonly sequence: number;
}

/**
 * The investigations as they stood when the chat was first taken: a takeover by another worker sees
 * exactly the same events, which is what lets a deterministic agent continue its own answer.
 */
export interface InvestigationReader {
  /** All kept events of one investigation, oldest first; empty when there are none. */
  events(investigationId: string, signal: AbortSignal): Promise<readonly InvestigationEvent[]>;
}

/** One earlier question of the session and what came of it. */
export interface Turn {
  /** Who asked, as the token names them; undefined for who came without one. */
  readonly userName: string | undefined;
  readonly message: string;
  /** A cancelled answer is as far as it got; a failed one is empty. */
  readonly outcome: 'completed' | 'cancelled' | 'failed';
  readonly answer: string;
}

/** What was said in the session before this chat was accepted: the same for whoever takes it over. */
export interface Conversation {
  /** From the newest on; each is looked up only when it is asked for. @throws UnavailableError */
  newestFirst(signal: AbortSignal): AsyncIterable<Turn>;
}

/** One look-up that an agent made, and what it found. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The JSON that was asked with, as it was written. */
  readonly arguments: string;
  readonly result: string;
}

/** Look-ups that were made together. */
export interface ToolRound {
  /** How much of the answer was said before it, in UTF-16 units. */
  readonly textLength: number;
  readonly calls: readonly ToolCall[];
}

/** What an agent looked up for this answer, kept with it: a takeover by another worker repeats none of it. */
interface ToolJournal {
  /** What earlier attempts noted, oldest first. */
  readonly rounds: readonly ToolRound[];
  /** Resolves when it is stored, and all text that was said before it. */
  record(calls: readonly ToolCall[]): Promise<void>;
}

/** What an agent tells of its work, for logs and metrics: never what anybody wrote. */
export interface AgentEvents {
  /** As the model's server counts them; once for each of its answers that says so. */
  tokensUsed(tokens: { readonly prompt: number; readonly completion: number }): void;
  toolsCalled(names: readonly string[]): void;
  /** Nothing was said yet, so it is tried again. */
  retried(retry: { readonly reason: string; readonly waitMs: number }): void;
  /** A request goes to a model's server. */
  modelAsked?(model: string): ModelCall;
}

/** One request to a model's server, as it goes on. */
export interface ModelCall {
  /** Its first piece of text has come. Only the first call counts. */
  firstPiece(): void;
  ended(end: {
    readonly finishReason: string | undefined;
    readonly tokens: { readonly prompt: number; readonly completion: number } | undefined;
  }): void;
  failed(error: unknown): void;
}

export interface AgentRequest {
  /** What the user wrote, 1 to 16,000 characters. */
  readonly message: string;
  /** The agent the client asked for, unchecked. */
  readonly agentId: string | undefined;
  /** Who asks, as the token names them; undefined for who came without one. */
  readonly userName: string | undefined;
  /** Investigations the session is subscribed to, most recent last. */
  readonly subscribedInvestigationIds: readonly string[];
  readonly investigations: InvestigationReader;
  readonly conversation: Conversation;
  readonly journal: ToolJournal;
  readonly events: AgentEvents;
  readonly signal: AbortSignal;
}

/** Raised by `Agent.answer` when text it was asked to continue after is not the beginning of its answer. */
export class CannotContinueError extends Error {
  override readonly name = 'CannotContinueError';
}

/** The seam to whatever makes text: the built-in agent, or a model API. */
export interface Agent {
  /** Decides who answers. Pure and deterministic: a takeover must name the same agent. */
  route(request: Pick<AgentRequest, 'message' | 'agentId'>): AgentIdentity;
  /**
   * The answer's text in pieces, without what is already in `after` (the empty string at a first attempt).
   * @throws CannotContinueError before the first piece when it can't go on after that text.
   */
  answer(request: AgentRequest, identity: AgentIdentity, after: string): AsyncIterable<string>;
}
