import { createHmac } from 'node:crypto';

export const TOKEN_SECRET = 'a-secret-of-the-benchmark-of-at-least-256-bits';

const LIFETIME_SECONDS = 3_600;

/** A token for `sub`, as the issuer of a city's users would make it. */
export function tokenFor(sub: string): string {
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const header = encode({ alg: 'HS256', typ: 'JWT' });
  const claims = encode({ sub, name: 'Maria da Silva', iat: nowSeconds, exp: nowSeconds + LIFETIME_SECONDS });
  const signature = createHmac('sha256', TOKEN_SECRET).update(`${header}.${claims}`).digest('base64url');
  return `${header}.${claims}.${signature}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
