import { createHmac } from 'node:crypto';

/** What a system started with `JWT_SECRET: USER_TOKEN_SECRET` accepts. */
export const USER_TOKEN_SECRET = 'a-secret-of-more-than-thirty-two-bytes-for-tests';

export interface TokenClaims {
  readonly sub: string;
  readonly name?: string;
  /** Seconds from now; an hour by default. */
  readonly expiresInSeconds?: number;
  /** None by default: it was issued just now. */
  readonly issuedSecondsAgo?: number;
  readonly jti?: string;
  readonly sessions?: readonly string[];
  readonly investigations?: readonly string[];
}

/** A token of a user, signed with Node's own cryptography. */
export function userToken(
  { expiresInSeconds = 3_600, issuedSecondsAgo = 0, ...claims }: TokenClaims,
  secret = USER_TOKEN_SECRET,
): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const input = [
    { alg: 'HS256', typ: 'JWT' },
    { ...claims, iat: nowSeconds - issuedSecondsAgo, exp: nowSeconds + expiresInSeconds },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}
