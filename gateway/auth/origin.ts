/** Whether a request with this `Origin` header may go on; the empty string is a missing header. */
export type OriginCheck = (origin: string) => boolean;

/**
 * The check for `ALLOWED_ORIGINS`. An origin is compared as it was sent, character for character: anything
 * cleverer has let `https://app.example.evil.com` in somewhere. A request without `Origin` doesn't come from
 * a browser, and only browsers can be made to send another's credentials, so it passes. `null` (sandboxed
 * frames, files) stands for any page whatever and passes only with `*`, even when it is in the list.
 */
export function createOriginCheck(allowed: '*' | readonly string[]): OriginCheck {
  if (allowed === '*') return () => true;
  const origins = new Set(allowed);
  origins.delete('null');
  return (origin) => origin === '' || origins.has(origin);
}
