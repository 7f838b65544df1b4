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

export interface AgentRequest {
  /** What the user wrote, 1 to 16,000 characters. */
  readonly message: string;
  /** The agent the client asked for, unchecked. */
  readonly agentId: string | undefined;
  /** Investigations the session is subscribed to, most recent last. */
  readonly subscribedInvestigationIds: readonly string[];
  readonly investigations: InvestigationReader;
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
