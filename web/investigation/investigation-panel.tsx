import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Session } from '../../client/index.ts';
import { useLanguage } from '../language/language.tsx';
import { freshDemoId } from './demo.ts';
import { FollowForm } from './follow-form.tsx';
import { keepStarts, useFollowedId } from './followed.ts';
import { FollowedInvestigation } from './followed-investigation.tsx';

/** The investigation that is followed, and where to name one. */
export function InvestigationPanel({ session }: { readonly session: Session }) {
  const { words } = useLanguage();
  const [followedId, follow] = useFollowedId();
  const [demoId, setDemoId] = useState<string>();
  useEffect(() => keepStarts(session), [session]);
  const demoAsked = useCallback(() => {
    setDemoId(undefined);
  }, []);
  return (
    <section class="panel investigation" aria-labelledby="investigation-title">
      <h2 id="investigation-title" class="visually-hidden">
        {words.investigation}
      </h2>
      <FollowForm
        onFollow={follow}
        onDemo={() => {
          const id = freshDemoId();
          setDemoId(id);
          follow(id);
        }}
      />
      <div class="scroller" tabIndex={0} role="group" aria-label={words.investigation}>
        {followedId === undefined ? (
          <div class="empty">
            <EmptyPicture />
            <p class="empty-title">{words.follow.empty}</p>
            <p>{words.follow.emptyText}</p>
          </div>
        ) : (
          <FollowedInvestigation
            key={followedId}
            session={session}
            id={followedId}
            isDemoWanted={demoId === followedId}
            onDemoAsked={demoAsked}
            onLeave={() => {
              follow(undefined);
            }}
          />
        )}
      </div>
    </section>
  );
}

function EmptyPicture() {
  return (
    <svg class="empty-picture" viewBox="0 0 120 72" aria-hidden="true">
      <rect x="8" y="40" width="14" height="24" rx="3" />
      <rect x="30" y="26" width="14" height="38" rx="3" />
      <rect x="52" y="34" width="14" height="30" rx="3" />
      <rect x="74" y="12" width="14" height="52" rx="3" class="high" />
      <circle cx="92" cy="30" r="18" />
      <path d="M105 43l11 13" />
    </svg>
  );
}
