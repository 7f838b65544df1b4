/** What the page remembers for all tabs of this browser. Where storage is forbidden, nothing. */
const PREFIX = 'cidadao-page:';

type Name = 'language' | 'session' | 'investigation' | 'starts';

export function remembered(name: Name): string | undefined {
  try {
    return localStorage.getItem(PREFIX + name) ?? undefined;
  } catch {
    return undefined; // Forbidden: this tab goes without.
  }
}

/** Undefined forgets. */
export function remember(name: Name, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // Full or forbidden: only other tabs and a reload miss it.
  }
}

/** Calls back when another tab has changed it. The returned function stops it. */
export function onRemembered(name: Name, listener: () => void): () => void {
  const changed = ({ key }: StorageEvent): void => {
    if (key === PREFIX + name) listener();
  };
  addEventListener('storage', changed);
  return () => {
    removeEventListener('storage', changed);
  };
}
