import { createPublicKey, createSecretKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { importJWK } from 'jose';
import type { CryptoKey } from 'jose';
import { ConfigError } from '../../shared/config/read-env.ts';

/**
 * A key that may verify tokens, together with the algorithms it stands for. These come from the key and
 * never from a token, so a public key can't be used as an HMAC secret, whatever a token's header says.
 */
export interface VerificationKey {
  /** Undefined for the keys of the environment, which fit every `kid`. */
  readonly kid: string | undefined;
  readonly algorithms: readonly string[];
  /** A secret, or a public key. */
  readonly key: KeyObject | CryptoKey;
}

/** RFC 7518, 3.2: an HS256 key has at least 256 bits. */
const MIN_SECRET_BYTES = 32;
/** RFC 7518, 3.3. */
const MIN_RSA_BITS = 2048;

/**
 * The algorithms of a key that doesn't name one itself. Both names of Ed25519's are in use (RFC 8037 and
 * RFC 9864). Empty: no key we verify with.
 */
export function algorithmsOfKey(kty: string, curve: string | undefined): readonly string[] {
  if (kty === 'RSA') return ['RS256'];
  switch (`${kty} ${curve ?? ''}`) {
    case 'EC P-256':
      return ['ES256'];
    case 'EC P-384':
      return ['ES384'];
    case 'EC P-521':
      return ['ES512'];
    case 'OKP Ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return [];
  }
}

/** The library refuses such keys too, but only when a token arrives and with an error of its own. */
export function isShortRsa(key: CryptoKey): boolean {
  const { algorithm } = key;
  return 'modulusLength' in algorithm && Number(algorithm.modulusLength) < MIN_RSA_BITS;
}

/** Text for the operator when an HS256 secret is shorter than RFC 7518 asks; undefined when all are fine. */
export function weakSecretWarning(secrets: readonly string[]): string | undefined {
  const weak = secrets.filter((secret) => Buffer.byteLength(secret) < MIN_SECRET_BYTES).length;
  if (weak === 0) return undefined;
  const which = secrets.length === 1 ? 'the secret is' : `${weak} of ${secrets.length} are`;
  return `JWT_SECRET: ${which} shorter than ${MIN_SECRET_BYTES} bytes, so its tokens can be forged by guessing`;
}

/** @throws ConfigError when the secret is empty */
export function secretKey(secret: string): VerificationKey {
  if (secret === '') throw new ConfigError('JWT_SECRET: a secret is empty');
  return { kid: undefined, algorithms: ['HS256'], key: createSecretKey(secret, 'utf8') };
}

/**
 * The key of a PEM: a public key (SPKI or PKCS #1) or a certificate. A literal `\n` counts as a line end,
 * for environments that can't hold one.
 *
 * @throws ConfigError for anything else; the message never holds the value
 */
export async function pemKey(pem: string): Promise<VerificationKey> {
  const text = pem.replaceAll('\\n', '\n').trim();
  if (text.includes('PRIVATE KEY')) throw new ConfigError('JWT_PUBLIC_KEY: is a private key');
  let publicKey: KeyObject;
  try {
    publicKey = createPublicKey(text);
  } catch {
    throw new ConfigError('JWT_PUBLIC_KEY: is no readable PEM public key');
  }
  return importPublicKey(publicKey);
}

async function importPublicKey(publicKey: KeyObject): Promise<VerificationKey> {
  const kind = publicKey.asymmetricKeyType ?? 'unknown';
  const unsupported = (): ConfigError =>
    new ConfigError(`JWT_PUBLIC_KEY: keys of type ${kind} can't be used: RSA, EC P-256/384/521 or Ed25519`);
  // An RSA-PSS key has no JWK form; no issuer we know hands one out.
  if (kind !== 'rsa' && kind !== 'ec' && kind !== 'ed25519') throw unsupported();
  const jwk = publicKey.export({ format: 'jwk' });
  const algorithms = algorithmsOfKey(jwk.kty ?? '', jwk.crv);
  const key = algorithms[0] === undefined ? undefined : await importJWK(jwk, algorithms[0]);
  if (key === undefined || key instanceof Uint8Array) throw unsupported();
  if (isShortRsa(key)) {
    throw new ConfigError(`JWT_PUBLIC_KEY: an RSA key needs at least ${MIN_RSA_BITS} bits`);
  }
  return { kid: undefined, algorithms, key };
}
