import { importJWK } from 'jose';
import { z } from 'zod';
import { algorithmsOfKey, isShortRsa } from './verification-keys.ts';
import type { VerificationKey } from './verification-keys.ts';

/** What a key of a set may stand for. A set is public, so nothing in it may ever count as a secret. */
const PUBLIC_KEY_ALGORITHMS = 'RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519'.split(
  ' ',
);

const KEY_SET = z.object({ keys: z.array(z.unknown()) });

// Only these members reach the import: private parts and certificates are left behind.
const KEY = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().exactOptional(),
  alg: z.string().exactOptional(),
  use: z.literal('sig').exactOptional(),
  key_ops: z.array(z.string()).exactOptional(),
  crv: z.string().exactOptional(),
  n: z.string().exactOptional(),
  e: z.string().exactOptional(),
  x: z.string().exactOptional(),
  y: z.string().exactOptional(),
});

/** Whether a key set could verify such a token at all: others needn't make us fetch one. */
export function isPublicKeyAlgorithm(alg: string): boolean {
  return PUBLIC_KEY_ALGORITHMS.includes(alg);
}

/**
 * The keys of a JSON Web Key Set that can verify tokens. A key we can't use (for encryption, symmetric, of a
 * strange type, broken) is left out and doesn't spoil the others.
 *
 * @throws ZodError when the document is no key set at all
 */
export async function keysOfSet(document: unknown): Promise<readonly VerificationKey[]> {
  const { keys } = KEY_SET.parse(document);
  const imported = await Promise.all(keys.map(importKey));
  return imported.filter((key) => key !== undefined);
}

async function importKey(candidate: unknown): Promise<VerificationKey | undefined> {
  const parsed = KEY.safeParse(candidate);
  if (!parsed.success) return undefined;
  const { kid, alg, key_ops: operations, ...material } = parsed.data;
  if (operations !== undefined && !operations.includes('verify')) return undefined;
  const algorithms = pinnedAlgorithms(alg, material.kty, material.crv);
  if (algorithms[0] === undefined) return undefined;
  try {
    const key = await importJWK(material, algorithms[0]);
    return key instanceof Uint8Array || isShortRsa(key) ? undefined : { kid, algorithms, key };
  } catch {
    // Decided: a key that can't be imported is a key we don't have.
    return undefined;
  }
}

function pinnedAlgorithms(
  alg: string | undefined,
  kty: string,
  curve: string | undefined,
): readonly string[] {
  const ofKey = algorithmsOfKey(kty, curve);
  if (alg === undefined || ofKey.includes(alg)) return ofKey;
  return isPublicKeyAlgorithm(alg) ? [alg] : [];
}
