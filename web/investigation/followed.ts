import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Session } from '../../client/index.ts';
import { isIdentifier } from '../session/identifier.ts';
import { onRemembered, remember, remembered } from '../session/page-memory.ts';

const MAX_STARTS = 20;

/** Which investigation is followed: the same in all tabs, and after a reload. */
export function useFollowedId(): readonly [string | undefined, (id: string | undefined) => void] {
  const [followedId, setFollowedId] = useState(() => namedId() ?? rememberedId());
  useEffect(
    () =>
      onRemembered('investigation', () => {
        setFollowedId(rememberedId());
      }),
    [],
  );
  const follow = useCallback((id: string | undefined) => {
    remember('investigation', id);
    setFollowedId(id);
  }, []);
  return [followedId, follow];
}

/** `?investigation=` in the address, which `npm run demo` prints. */
function namedId(): string | undefined {
  const id = new URLSearchParams(location.search).get('investigation') ?? undefined;
  if (id === undefined || !isIdentifier(id)) return undefined;
  remember('investigation', id);
  return id;
}

function rememberedId(): string | undefined {
  const id = remembered('investigation');
  return id !== undefined && isIdentifier(id) ? id : undefined;
}

/** Where this browser began to follow an investigation: read from there, it is whole in every tab. */
export function startOf(id: string): string | undefined {
  return starts().find(([known]) => known === id)?.[1];
}

/** Keeps where each investigation is followed from. The returned function stops it. */
export function keepStarts(session: Session): () => void {
  return session.on('subscribed', ({ data }) => {
    const { investigation_id: id, cursor, recovered } = data;
    // What came before is gone for good when it was not recovered: there is no way back to the old start.
    if (startOf(id) !== undefined && recovered !== false) return;
    const others = starts().filter(([known]) => known !== id);
    remember('starts', JSON.stringify([...others, [id, cursor]].slice(-MAX_STARTS)));
  });
}

function starts(): readonly (readonly [string, string])[] {
  try {
    const value: unknown = JSON.parse(remembered('starts') ?? '[]');
    return Array.isArray(value) ? value.filter(isStart) : [];
  } catch {
    return []; // Somebody else's, or cut off: as if nothing was followed before.
  }
}

function isStart(value: unknown): value is readonly [string, string] {
  return Array.isArray(value) && value.length === 2 && value.every((each) => typeof each === 'string');
}
