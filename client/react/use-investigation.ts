import { useMemo, useSyncExternalStore } from 'react';
import type { Session } from '../session.ts';
import {
  FollowedInvestigation,
  type InvestigationOptions,
  type InvestigationState,
} from './followed-investigation.ts';

/**
 * Follows an investigation while a component shows it, and where it was when it is shown again. `since` is
 * read once.
 */
export function useInvestigation(
  session: Session,
  investigationId: string,
  { since, limit }: InvestigationOptions = {},
): InvestigationState {
  const followed = useMemo(
    () =>
      new FollowedInvestigation(session, investigationId, {
        ...(since === undefined ? {} : { since }),
        ...(limit === undefined ? {} : { limit }),
      }),
    // A `since` that follows the cursor must not begin anew with every event.
    [session, investigationId, limit],
  );
  return useSyncExternalStore(followed.subscribe, followed.getSnapshot, followed.getSnapshot);
}
