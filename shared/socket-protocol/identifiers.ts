import { createHash } from 'node:crypto';

/** What every identifier looks like, checked on the raw value. */
export const IDENTIFIER = /^[A-Za-z0-9_-]{1,128}$/;

/** Whether a raw, undecoded value may become a NATS subject token. Everything else is refused at the door. */
export function isIdentifier(value: unknown): value is string {
  return typeof value === 'string' && IDENTIFIER.test(value);
}

/**
 * The `request_id` of a chat that a client named: the name itself where it is a valid identifier, else a
 * hash of it, so that every gateway derives the same one.
 */
export function requestIdOf(clientId: string): string {
  if (isIdentifier(clientId)) return clientId;
  return createHash('sha256').update(clientId, 'utf8').digest('base64url');
}
