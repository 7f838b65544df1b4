import { describe, expect, test } from 'vitest';
import { CloseReason, invitesReconnect } from '../../../../shared/socket-protocol/close-codes.ts';
import { ERROR_TEXTS, ProtocolError } from '../../../../shared/socket-protocol/protocol-error.ts';

describe('ProtocolError', () => {
  test.each([
    ['INVALID_MESSAGE', false],
    ['UNKNOWN_TYPE', false],
    ['INVALID_ID', false],
    ['FORBIDDEN', false],
    ['NOT_FOUND', false],
    ['RATE_LIMIT', true],
    ['LIMIT', true],
    ['UNAVAILABLE', true],
    ['CHAT_FAILED', false],
  ] as const)('%s has its text, and says whether to try again', (code, retryable) => {
    expect(new ProtocolError(code)).toMatchObject({ code, retryable, message: ERROR_TEXTS[code] });
  });

  test.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [59_999, 60],
  ])('tells whoever has to wait %d ms to wait %d s', (retryAfterMs, seconds) => {
    const error = new ProtocolError('RATE_LIMIT', { retryAfterMs });
    expect(error.message).toBe(`Muitas mensagens. Aguarde ${String(seconds)} segundos.`);
    expect(error.retryAfterMs).toBe(retryAfterMs);
  });

  test('keeps its cause and the request it is about', () => {
    const cause = new Error('below');
    expect(new ProtocolError('UNAVAILABLE', { cause, requestId: 'r', text: 'Outra' })).toMatchObject({
      cause,
      requestId: 'r',
      message: 'Outra',
      name: 'ProtocolError',
    });
  });
});

describe('close reasons', () => {
  test('are the codes and texts of the contract', () => {
    const policy = Object.values(CloseReason).filter(({ code }) => code === 1008);
    expect(policy.map(({ reason }) => reason).sort()).toEqual(
      ['Invalid authentication', 'Token expired', 'Revoked', 'Forbidden', 'Too many errors'].sort(),
    );
  });

  test('ask for a reconnect when the server goes or is overloaded, and only then', () => {
    const inviting = Object.values(CloseReason).filter(invitesReconnect);
    expect(new Set(inviting.map(({ code }) => code))).toEqual(new Set([1001, 1013]));
  });
});
