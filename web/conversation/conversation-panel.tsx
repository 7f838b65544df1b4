import { useCallback, useEffect, useState } from 'preact/hooks';
import { ClientError, type Session } from '../../client/index.ts';
import { useChat, type Exchange } from '../../client/react/index.ts';
import { useLanguage } from '../language/language.tsx';
import { Composer } from './composer.tsx';
import { ExchangeItem } from './exchange.tsx';
import { useAnnouncement } from './use-announcement.ts';
import { usePinnedEnd } from './use-pinned-end.ts';

/** What is said in the session, and where to say something. */
export function ConversationPanel({ session }: { readonly session: Session }) {
  const { words } = useLanguage();
  const { exchanges, isAnswering, hasMore, send, stop, loadMore } = useChat(session);
  const { scroller, isPinned, toEnd } = usePinnedEnd<HTMLDivElement>(exchanges);
  const announcement = useAnnouncement(exchanges);
  const isIncomplete = useGap(session);

  const ask = useCallback(
    (message: string, agentId?: string) => {
      try {
        send(message, agentId === undefined ? {} : { agentId });
      } catch (error) {
        // A closed session takes no questions, and the bar on top says that it is closed.
        if (!(error instanceof ClientError)) throw error;
      }
      toEnd();
    },
    [send, toEnd],
  );
  const resend = useCallback(
    ({ question }: Exchange) => {
      if (question !== undefined) ask(question);
    },
    [ask],
  );

  return (
    <section class="panel conversation" aria-labelledby="conversation-title">
      <h2 id="conversation-title" class="visually-hidden">
        {words.conversation}
      </h2>
      <div class="scroller" ref={scroller} tabIndex={0} role="group" aria-label={words.conversation}>
        {hasMore && (
          <button type="button" class="quiet older" onClick={() => void loadMore().catch(ignored)}>
            {words.chat.older}
          </button>
        )}
        {isIncomplete && <p class="gap">{words.chat.notKept}</p>}
        {exchanges.length === 0 ? (
          <Welcome onAsk={ask} />
        ) : (
          <ol class="exchanges">
            {exchanges.map((exchange) => (
              <ExchangeItem key={exchange.requestId} exchange={exchange} onResend={resend} />
            ))}
          </ol>
        )}
      </div>
      {!isPinned && (
        <button type="button" class="to-end" onClick={toEnd}>
          {words.chat.toEnd}
        </button>
      )}
      <Composer isAnswering={isAnswering} onSend={ask} onStop={stop} />
      <p class="visually-hidden" role="status">
        {announcement}
      </p>
    </section>
  );
}

function Welcome({ onAsk }: { readonly onAsk: (message: string) => void }) {
  const { words } = useLanguage();
  return (
    <div class="welcome">
      <p class="welcome-title">{words.chat.welcome}</p>
      <p>{words.chat.welcomeText}</p>
      <ul>
        {words.chat.suggestions.map((suggestion) => (
          <li key={suggestion}>
            <button
              type="button"
              class="suggestion"
              onClick={() => {
                onAsk(suggestion);
              }}
            >
              {suggestion}
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Whether events of the session are gone for good since this page was opened. */
function useGap(session: Session): boolean {
  const [isIncomplete, setIncomplete] = useState(false);
  useEffect(
    () =>
      session.on('gap', ({ channel }) => {
        if (channel === 'session') setIncomplete(true);
      }),
    [session],
  );
  return isIncomplete;
}

function ignored(): void {
  // The button stays: pressing it again tries again.
}
