import { useCallback, useMemo, useSyncExternalStore } from 'react';
import type { Chat, ChatOptions } from '../chat.ts';
import type { Session } from '../session.ts';
import { Conversation, type ConversationState } from './conversation.ts';

export interface UseChat extends ConversationState {
  /** Asks. @throws ClientError for a message that can't be one */
  readonly send: (message: string, options?: ChatOptions) => Chat;
  /** Ends every answer under way. */
  readonly stop: () => void;
  readonly loadMore: () => Promise<void>;
}

/** The conversation of a session. The session is the application's: this neither opens nor closes it. */
export function useChat(session: Session, { history = true }: { readonly history?: boolean } = {}): UseChat {
  const conversation = useMemo(() => new Conversation(session, history), [session, history]);
  const state = useSyncExternalStore(
    conversation.subscribe,
    conversation.getSnapshot,
    conversation.getSnapshot,
  );
  const send = useCallback(
    (message: string, options?: ChatOptions) => session.chat(message, options),
    [session],
  );
  const stop = useCallback(() => {
    conversation.stop();
  }, [conversation]);
  const loadMore = useCallback(() => conversation.loadMore(), [conversation]);
  return { ...state, send, stop, loadMore };
}
