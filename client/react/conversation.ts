import type { Chat, ChatStatus } from '../chat.ts';
import type { ClientError } from '../errors.ts';
import type { PastEvent } from '../events.ts';
import type { Session } from '../session.ts';
import type { Status } from '../status.ts';
import { Store } from './store.ts';

/** A question and as much of its answer as there is. */
export interface Exchange {
  readonly requestId: string;
  /** Undefined where only the answer is known. */
  readonly question: string | undefined;
  readonly answer: string;
  readonly status: ChatStatus;
  readonly agentId: string | null;
  readonly agentName: string | null;
  /** Set with status `failed`, except for those of the history. */
  readonly error: ClientError | undefined;
}

export interface ConversationState {
  /** Oldest first: the history, this tab's chats and those of other tabs. */
  readonly exchanges: readonly Exchange[];
  /** Some chat has not ended. */
  readonly isAnswering: boolean;
  /** There is history before the first of them. */
  readonly hasMore: boolean;
  readonly status: Status;
}

const UNENDED: ReadonlySet<ChatStatus> = new Set(['pending', 'queued', 'running']);

/** All that is said in a session, kept as components want to show it. */
export class Conversation extends Store<ConversationState> {
  readonly #session: Session;
  readonly #tracked = new Map<string, Chat>();
  #stops: (() => void)[] = [];
  #isHistoryWanted: boolean;
  #before: string | undefined;

  constructor(session: Session, isHistoryWanted: boolean) {
    super({ exchanges: [], isAnswering: false, hasMore: false, status: session.status });
    this.#session = session;
    this.#isHistoryWanted = isHistoryWanted;
  }

  /** Ends every chat that has not ended. */
  stop(): void {
    for (const chat of this.#tracked.values()) chat.cancel();
  }

  /** Loads the page of history before the first exchange. Rejects with a `ClientError`. */
  async loadMore(): Promise<void> {
    const page = await this.#session.history(this.#before === undefined ? {} : { before: this.#before });
    this.#before = page.before;
    const known = new Map(this.getSnapshot().exchanges.map((each) => [each.requestId, each]));
    const past = exchangesOf(page.events).filter(({ requestId }) => !known.has(requestId));
    const [...shown] = known.values();
    this.#show([...past, ...shown], page.more);
  }

  protected override start(): () => void {
    for (const chat of this.#session.chats) this.#track(chat);
    this.#stops.push(
      this.#session.on('started', (chat) => {
        this.#track(chat);
      }),
      this.#session.on('status', (status) => {
        this.set({ status });
      }),
    );
    if (this.#isHistoryWanted) {
      this.#isHistoryWanted = false;
      // Without it the conversation begins now; `loadMore` tries again.
      this.loadMore().catch(() => {
        this.set({ hasMore: true });
      });
    }
    return () => {
      for (const stop of this.#stops.splice(0)) stop();
    };
  }

  #track(chat: Chat): void {
    this.#tracked.set(chat.requestId, chat);
    const stop = chat.onChange(() => {
      this.#changed(chat);
    });
    this.#stops.push(stop);
    this.#changed(chat);
  }

  #changed(chat: Chat): void {
    if (!UNENDED.has(chat.status)) this.#tracked.delete(chat.requestId);
    const { exchanges, hasMore } = this.getSnapshot();
    const index = exchanges.findIndex(({ requestId }) => requestId === chat.requestId);
    const exchange = exchangeOf(chat, exchanges[index]?.question);
    this.#show(index < 0 ? [...exchanges, exchange] : exchanges.with(index, exchange), hasMore);
  }

  #show(exchanges: readonly Exchange[], hasMore: boolean): void {
    this.set({ exchanges, hasMore, isAnswering: this.#tracked.size > 0 });
  }
}

function exchangeOf(chat: Chat, question: string | undefined): Exchange {
  const { requestId, message, text, status, agentId, agentName, error } = chat;
  return { requestId, question: message ?? question, answer: text, status, agentId, agentName, error };
}

/** The chats of a page of history. One whose end is not there is running, or its end comes live. */
function exchangesOf(events: readonly PastEvent[]): readonly Exchange[] {
  const found = new Map<string, Exchange>();
  for (const event of events) {
    const requestId = event.data['request_id'];
    if (event.type === 'notification' || typeof requestId !== 'string') continue;
    const exchange = found.get(requestId) ?? { ...UNKNOWN, requestId };
    found.set(requestId, { ...exchange, ...changeOf(event) });
  }
  return [...found.values()];
}

const UNKNOWN = {
  question: undefined,
  answer: '',
  status: 'running',
  agentId: null,
  agentName: null,
  error: undefined,
} as const;

function changeOf(event: Exclude<PastEvent, { type: 'notification' }>): Partial<Exchange> {
  switch (event.type) {
    case 'chat_accepted':
      return { question: event.data.message };
    case 'error':
      return { status: 'failed' };
    case 'chat_complete': {
      const { content: answer, status, agent_id: agentId, agent_name: agentName } = event.data;
      return { answer, status, agentId, agentName };
    }
  }
}
