import { KeyObject } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import { ConfigError } from '../../shared/config/read-env.ts';
import { InvalidTokenError } from './invalid-token-error.ts';
import { isPublicKeyAlgorithm } from './jwk-set.ts';
import type { Principal } from './principal.ts';
import { RemoteKeys } from './remote-keys.ts';
import { claimsSignedWith } from './secret-signature.ts';
import { CLOCK_TOLERANCE_SECONDS, principalOf } from './token-claims.ts';
import { pemKey, secretKey } from './verification-keys.ts';
import type { VerificationKey } from './verification-keys.ts';

export interface TokenVerifierSettings {
  /** `JWT_SECRET`, split: all of them are good, so that a secret can be replaced without a gap. */
  readonly jwtSecrets: readonly string[];
  /** `JWT_PUBLIC_KEY` */
  readonly jwtPublicKeyPem: string | undefined;
  /** `JWKS_URL` */
  readonly jwksUrl: URL | undefined;
  /** `JWT_ISSUER` */
  readonly issuer: string | undefined;
  /** `JWT_AUDIENCE` */
  readonly audience: string | undefined;
  /** `MAX_TOKEN_LIFETIME_HOURS` */
  readonly maxTokenLifetimeHours: number;
}

export interface TokenVerifier extends AsyncDisposable {
  /** @throws InvalidTokenError, and nothing else, whatever the token holds */
  verify(token: string): Promise<Principal>;
}

/** Longer ones are refused unread. Far above real tokens; the HTTP server's own header limit may be lower. */
export const MAX_TOKEN_CHARACTERS = 8_192;
/** Three parts and nothing else: the library's decoder would pass over white space. */
const COMPACT_JWS = /^[\w-]+\.[\w-]+\.[\w-]*$/;
/** A token without `kid` is tried with every key of its algorithm, up to this many. */
const MAX_KEYS_TRIED = 16;

interface TokenHeader {
  readonly alg: string;
  readonly kid: string | undefined;
}

/**
 * Checks tokens by the rules of access: the keys of the environment first, then those of `JWKS_URL`. The
 * header of a token only chooses among keys we hold; each key has its algorithms pinned. Keys a token brings
 * along or points to (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
 *
 * @param clock milliseconds since the epoch
 * @throws ConfigError that names the variable when a setting can't be used
 */
export async function createTokenVerifier(
  settings: TokenVerifierSettings,
  clock: () => number = Date.now,
): Promise<TokenVerifier> {
  const { jwtSecrets, jwtPublicKeyPem, jwksUrl, maxTokenLifetimeHours } = settings;
  if (jwksUrl !== undefined && !['http:', 'https:'].includes(jwksUrl.protocol)) {
    throw new ConfigError('JWKS_URL: must be an http or https address');
  }
  const localKeys = [
    ...jwtSecrets.map(secretKey),
    ...(jwtPublicKeyPem === undefined ? [] : [await pemKey(jwtPublicKeyPem)]),
  ];
  const remoteKeys = jwksUrl === undefined ? undefined : new RemoteKeys(jwksUrl, clock);
  const headerOf = headerReader();
  return {
    async verify(token) {
      const header = headerOf(token);
      const check = (keys: readonly VerificationKey[]): Promise<JWTPayload | InvalidTokenError> =>
        checkWith(keys, token, header, verifyOptions(settings, clock()));
      const claims = await checkWithSources(
        check,
        localKeys,
        isPublicKeyAlgorithm(header.alg) ? remoteKeys : undefined,
      );
      return principalOf(claims, clock(), maxTokenLifetimeHours);
    },
    async [Symbol.asyncDispose]() {
      await remoteKeys?.[Symbol.asyncDispose]();
    },
  };
}

/** An issuer's tokens nearly all have the same header: it is read once. */
function headerReader(): (token: string) => TokenHeader {
  let known = '';
  let header: TokenHeader = { alg: '', kid: undefined };
  return (token) => {
    if (token.length > MAX_TOKEN_CHARACTERS || !COMPACT_JWS.test(token))
      throw new InvalidTokenError('malformed');
    const encoded = token.slice(0, token.indexOf('.'));
    if (encoded !== known) {
      header = readHeader(token);
      known = encoded;
    }
    return header;
  };
}

function readHeader(token: string): TokenHeader {
  let header: ReturnType<typeof decodeProtectedHeader>;
  try {
    header = decodeProtectedHeader(token);
  } catch {
    throw new InvalidTokenError('malformed');
  }
  const { alg, kid }: { alg?: unknown; kid?: unknown } = header;
  // RFC 7515, 4.1.11: what `crit` names must be understood, and we understand no extension.
  if (typeof alg !== 'string' || 'crit' in header) throw new InvalidTokenError('malformed');
  if (kid !== undefined && typeof kid !== 'string') throw new InvalidTokenError('malformed');
  return { alg, kid };
}

/** The claims from the first source whose key made the signature. */
async function checkWithSources(
  check: (keys: readonly VerificationKey[]) => Promise<JWTPayload | InvalidTokenError>,
  localKeys: readonly VerificationKey[],
  remoteKeys: RemoteKeys | undefined,
): Promise<JWTPayload> {
  let result = await check(localKeys);
  if (result instanceof InvalidTokenError && remoteKeys !== undefined) {
    const view = await remoteKeys.view();
    result = await check(view.keys);
    // A wrong signature too: an issuer may rotate without `kid`, or under the old one.
    const newer = result instanceof InvalidTokenError ? await view.newer() : undefined;
    if (newer !== undefined) result = await check(newer);
  }
  if (result instanceof InvalidTokenError) throw result;
  return result;
}

/** The claims, or why none of these keys made the signature. Throws when one did and the claims are bad. */
async function checkWith(
  keys: readonly VerificationKey[],
  token: string,
  { alg, kid }: TokenHeader,
  options: JWTVerifyOptions,
): Promise<JWTPayload | InvalidTokenError> {
  const fitting = keys.filter(
    (key) => key.algorithms.includes(alg) && (key.kid === undefined || kid === undefined || key.kid === kid),
  );
  for (const { key, algorithms } of fitting.slice(0, MAX_KEYS_TRIED)) {
    try {
      if (key instanceof KeyObject) return claimsSignedWith(key, token, options);
      const { payload } = await jwtVerify(token, key, { ...options, algorithms: [...algorithms] });
      return payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusalFor(error);
    }
  }
  return new InvalidTokenError(fitting.length === 0 ? 'no_key' : 'signature');
}

function verifyOptions({ issuer, audience }: TokenVerifierSettings, nowMs: number): JWTVerifyOptions {
  return {
    requiredClaims: ['exp', 'sub'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(nowMs),
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/** The library's errors hold the claims, so they are not kept as a cause. A defect of ours passes unchanged. */
function refusalFor(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) return new InvalidTokenError('expired');
  if (error instanceof errors.JWTClaimValidationFailed) return new InvalidTokenError('claims');
  if (error instanceof errors.JOSEError) return new InvalidTokenError('malformed');
  return error;
}
