import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Tokens made with Node's own cryptography: a second opinion on what the verifier's library accepts. */
export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export type Claims = Readonly<Record<string, unknown>>;

/** 2026-01-31T12:00:00Z, the time of the tests' clocks. */
export const NOW_SECONDS = 1_769_860_800;
export const NOW_MS = NOW_SECONDS * 1000;

export const SECRET = 'a-secret-of-more-than-thirty-two-bytes-for-hs256';

export const rsaPair = (modulusLength = 2048): KeyPair => generateKeyPairSync('rsa', { modulusLength });
export const ecPair = (namedCurve: string): KeyPair => generateKeyPairSync('ec', { namedCurve });
export const ed25519Pair = (): KeyPair => generateKeyPairSync('ed25519');

export const pemOf = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** A good user's claims, changed by `changes`; a claim set to undefined is left out. */
export function claimsWith(changes: Claims = {}): Claims {
  return { sub: 'maria', iat: NOW_SECONDS - 10, exp: NOW_SECONDS + 3600, ...changes };
}

export function hs256(claims: Claims, secret: string = SECRET, header: Claims = {}): string {
  const input = signingInput({ alg: 'HS256', typ: 'JWT', ...header }, claims);
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** The hash, and for EC the raw signature form, follow the algorithm's name as RFC 7518 says. */
export function signedBy(
  { privateKey }: KeyPair,
  alg: string,
  claims: Claims = claimsWith(),
  header: Claims = {},
): string {
  const input = signingInput({ alg, ...header }, claims);
  const hash = alg.startsWith('Ed') ? undefined : `sha${alg.slice(2)}`;
  const key = alg.startsWith('PS')
    ? { key: privateKey, padding: 6, saltLength: Number(alg.slice(2)) / 8 }
    : { key: privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${input}.${sign(hash, Buffer.from(input), key).toString('base64url')}`;
}

/** Any header and claims with a signature of the caller's. */
export function assembled(header: unknown, claims: unknown, signature = ''): string {
  return `${encoded(header)}.${encoded(claims)}.${signature}`;
}

function signingInput(header: Claims, claims: Claims): string {
  return `${encoded(header)}.${encoded(claims)}`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
