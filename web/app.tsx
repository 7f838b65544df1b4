import { useState } from 'preact/hooks';
import type { Session } from '../client/index.ts';
import { ConnectionBar } from './connection/connection-bar.tsx';
import { ConversationPanel } from './conversation/conversation-panel.tsx';
import { InvestigationPanel } from './investigation/investigation-panel.tsx';
import { useLanguage } from './language/language.tsx';
import { Notices } from './notices.tsx';

type View = 'conversation' | 'investigation';
const VIEWS = ['conversation', 'investigation'] as const;

/** The whole page. On a phone one of its two halves is seen at a time. */
export function App({ session }: { readonly session: Session }) {
  const { code, words, change } = useLanguage();
  const [view, setView] = useState<View>('conversation');
  return (
    <>
      <a class="skip" href="#question">
        {words.skip}
      </a>
      <header class="top">
        <div class="brand">
          <BrandMark />
          <div>
            <h1>{words.title}</h1>
            <p>{words.tagline}</p>
          </div>
        </div>
        <ConnectionBar session={session} />
        <button type="button" class="quiet language" lang={code === 'en' ? 'pt-BR' : 'en'} onClick={change}>
          {words.otherLanguage}
        </button>
      </header>
      <nav class="views" aria-label={words.views}>
        {VIEWS.map((each) => (
          <button
            key={each}
            type="button"
            aria-pressed={view === each}
            onClick={() => {
              setView(each);
            }}
          >
            {words[each]}
          </button>
        ))}
      </nav>
      <main data-view={view}>
        <ConversationPanel session={session} />
        <InvestigationPanel session={session} />
      </main>
      <Notices session={session} />
    </>
  );
}

function BrandMark() {
  return (
    <svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" class="brand-ground" />
      <circle cx="14" cy="14" r="6.5" class="brand-lens" />
      <path d="M19 19l6 6" class="brand-handle" />
    </svg>
  );
}
