/** What the page says of itself; in Node nothing. */
export interface Environment {
  /** Hidden or offline: there is no hurry to come back. */
  isIdle(): boolean;
  /** Calls back when there is reason to look at the connection at once. The returned function stops it. */
  watch(wake: () => void): () => void;
}

export const pageEnvironment: Environment = {
  isIdle: () =>
    (typeof navigator !== 'undefined' && 'onLine' in navigator && !navigator.onLine) ||
    (typeof document !== 'undefined' && document.visibilityState === 'hidden'),
  watch: (wake) => {
    if (typeof window === 'undefined' || typeof document === 'undefined') return () => undefined;
    const visible = (): void => {
      if (document.visibilityState === 'visible') wake();
    };
    window.addEventListener('online', wake);
    window.addEventListener('offline', wake);
    document.addEventListener('visibilitychange', visible);
    return () => {
      window.removeEventListener('online', wake);
      window.removeEventListener('offline', wake);
      document.removeEventListener('visibilitychange', visible);
    };
  },
};
