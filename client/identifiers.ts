import { ClientError } from './errors.ts';

const IDENTIFIER = /^[\w-]{1,128}$/;

/** @throws ClientError `INVALID_ID` */
export function assertIdentifier(id: string): void {
  if (!IDENTIFIER.test(id)) throw new ClientError('INVALID_ID', `not an identifier: ${JSON.stringify(id)}`);
}

/** 128 random bits. `crypto.randomUUID` exists only in secure contexts. */
export function newIdentifier(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
