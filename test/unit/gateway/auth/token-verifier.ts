import { expect, onTestFinished } from 'vitest';
import { createTokenVerifier } from '../../../../gateway/auth/verify-token.ts';
import type { TokenVerifier, TokenVerifierSettings } from '../../../../gateway/auth/verify-token.ts';
import { servesKeys, startKeySetServer } from './key-set-server.ts';
import type { KeySetServer, ServedKey } from './key-set-server.ts';
import { NOW_MS, SECRET } from './signed-token.ts';

export const NO_KEYS: TokenVerifierSettings = {
  jwtSecrets: [],
  jwtPublicKeyPem: undefined,
  jwksUrl: undefined,
  issuer: undefined,
  audience: undefined,
  maxTokenLifetimeHours: 24,
};

export async function verifier(
  settings: Partial<TokenVerifierSettings>,
  nowMs = NOW_MS,
): Promise<TokenVerifier> {
  const made = await createTokenVerifier({ ...NO_KEYS, ...settings }, () => nowMs);
  onTestFinished(() => made[Symbol.asyncDispose]());
  return made;
}

export const withSecret = (
  settings: Partial<TokenVerifierSettings> = {},
  nowMs = NOW_MS,
): Promise<TokenVerifier> => verifier({ jwtSecrets: [SECRET], ...settings }, nowMs);

export async function keySet(...keys: readonly ServedKey[]): Promise<KeySetServer> {
  const server = await startKeySetServer(servesKeys(...keys));
  onTestFinished(() => server[Symbol.asyncDispose]());
  return server;
}

export async function expectRefused(tokens: TokenVerifier, token: string, reason: string): Promise<void> {
  const error: unknown = await tokens.verify(token).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'InvalidTokenError', code: 'INVALID_TOKEN', reason });
}
