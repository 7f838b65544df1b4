import type { ChatLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import type { ToolRound } from '../agents/agent.ts';

/** What the log of a chat says so far. */
export interface LoggedChat {
  readonly empty: boolean;
  /** What the user wrote; undefined when the log's beginning is missing. */
  readonly message: string | undefined;
  /** Who wrote it, as the token named them. */
  readonly userName: string | undefined;
  /** Claims, those that were handed over included. */
  readonly claims: number;
  /** Claims whose worker did not hand over: what counts against the limit. */
  readonly attempts: number;
  /** The queue item the last claim was for. */
  readonly item: number | undefined;
  /** What the answer may draw on, fixed by the first claim. */
  readonly asOf: number | undefined;
  /** The answer since the last restart. */
  readonly text: string;
  /** Chunks since the last restart: the index of the next one. */
  readonly chunks: number;
  /** What the agent looked up, with its place in the answer since the last restart. */
  readonly toolRounds: readonly ToolRound[];
  readonly ended: boolean;
}

export const emptyLog: LoggedChat = {
  empty: true,
  message: undefined,
  userName: undefined,
  claims: 0,
  attempts: 0,
  item: undefined,
  asOf: undefined,
  text: '',
  chunks: 0,
  toolRounds: [],
  ended: false,
};

/** Puts the log's events together, in their order. `undefined` stands for what no service of ours wrote. */
export function foldLog(events: Iterable<ChatLogEvent | undefined>): LoggedChat {
  let log = emptyLog;
  for (const event of events) {
    log = event === undefined ? { ...log, empty: false } : { ...log, empty: false, ...changeBy(event, log) };
  }
  return log;
}

function changeBy(event: ChatLogEvent, log: LoggedChat): Partial<LoggedChat> {
  switch (event.type) {
    case 'chat_accepted':
      if (log.message !== undefined) return {};
      return { message: event.data.message, userName: event.data.user?.name };
    case 'claim': {
      const { item, as_of: asOf } = event.data;
      return { claims: log.claims + 1, attempts: log.attempts + 1, item, asOf: log.asOf ?? asOf };
    }
    case 'handover':
      return { attempts: log.attempts - 1 };
    case 'chat':
      return { text: log.text + event.data.content, chunks: event.data.chunk_index + 1 };
    case 'tool_calls': {
      const { text_length: textLength, calls } = event.data;
      return { toolRounds: [...log.toolRounds, { textLength, calls }] };
    }
    case 'chat_restart':
      return { text: '', chunks: 0, toolRounds: beforeAnyText(log.toolRounds) };
    case 'chat_complete':
    case 'error':
      return { ended: true };
  }
}

/** What was looked up is still known when the answer starts again; the text around it is gone. */
export function beforeAnyText(rounds: readonly ToolRound[]): readonly ToolRound[] {
  return rounds.map(({ calls }) => ({ textLength: 0, calls }));
}
