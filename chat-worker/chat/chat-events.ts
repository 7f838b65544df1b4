import type { AgentEvents, AgentIdentity } from '../agents/agent.ts';
import type { StopCause } from './chat-stopped.ts';
import type { FailureReason } from './verdict.ts';

/** What one chat tells as it goes, for logs and metrics. */
export interface ChatEvents extends AgentEvents {
  dropped(reason: 'ended' | 'duplicate' | 'forgotten'): void;
  claimed(claim: { attempt: number; waitedMs: number; chunksBefore: number }): void;
  /** The agent is asked. */
  answering(identity: AgentIdentity): void;
  restarted(attempt: number): void;
  /** The first chunk of an answer is stored. */
  firstChunk(): void;
  completed(end: ChatEnd & { status: 'completed' | 'cancelled' }): void;
  failed(end: ChatEnd & { reason: FailureReason; cause: unknown }): void;
  handedOver(why: StopCause): void;
}

interface ChatEnd {
  readonly agentId: string | undefined;
  readonly chunks: number;
}
