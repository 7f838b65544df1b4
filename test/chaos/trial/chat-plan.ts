import type { ChaosQuestion } from '../parts/chaos-agent.ts';

/** One chat: asked by some tabs of its session, perhaps by several and several times under one id. */
export interface ChatPlan {
  readonly requestId: string;
  readonly session: number;
  readonly question: ChaosQuestion;
  /** Tabs of the session, by place; nobody where the client library asks. */
  readonly askers: readonly number[];
  readonly copies: number;
  /** Some tab cancels it once it has seen so many chunks. */
  readonly cancel: { readonly tab: number; readonly afterChunk: number } | undefined;
}
