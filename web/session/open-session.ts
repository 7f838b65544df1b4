import { connect, type Session } from '../../client/index.ts';
import { freshIdentifier, isIdentifier } from './identifier.ts';
import { remember, remembered } from './page-memory.ts';

const SESSION_ID_BYTES = 12;
const TOKEN_KEY = 'cidadao-page:token';

/**
 * The session of this browser: all its tabs are in it. `?session=` names another, to join one from a second
 * device; `#token=` is a JWT, which is kept for this tab and taken out of the address.
 */
export function openSession(): Session {
  const token = tokenOfTab();
  return connect({
    url: '/',
    sessionId: sessionId(),
    backoff: { baseMs: 300, maxMs: 8_000 },
    ...storageOfTab(),
    ...(token === undefined ? {} : { token }),
  });
}

/** Begins another conversation; what this one has stays on the server. */
export function leaveSession(): void {
  remember('session', undefined);
  remember('investigation', undefined);
  location.assign(location.pathname);
}

function sessionId(): string {
  const named = new URLSearchParams(location.search).get('session');
  const known = named ?? remembered('session');
  const id = known !== undefined && isIdentifier(known) ? known : freshIdentifier('web-', SESSION_ID_BYTES);
  remember('session', id);
  return id;
}

function storageOfTab(): { readonly storage?: Storage } {
  try {
    return { storage: sessionStorage };
  } catch {
    return {}; // Forbidden: a reload begins with the history.
  }
}

function tokenOfTab(): string | undefined {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  try {
    if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? undefined;
    sessionStorage.setItem(TOKEN_KEY, given);
    history.replaceState(null, '', location.pathname + location.search);
  } catch {
    // Storage is forbidden: the token lives as long as this page.
  }
  return given ?? undefined;
}
