import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Expiries, type Expiring } from '../../../../gateway/session/expiries.ts';
import { CloseReason } from '../../../../shared/socket-protocol/close-codes.ts';

const WITHIN_MS = 1_000;

let expiries: Expiries;
beforeEach(() => {
  vi.useFakeTimers();
  expiries = new Expiries();
});
afterEach(() => {
  expiries[Symbol.dispose]();
  vi.useRealTimers();
});

class FakeSocket implements Expiring {
  principal: { expiresAtMs: number } | undefined;
  readonly closes: CloseReason[] = [];

  constructor(expiresInMs: number) {
    this.expireIn(expiresInMs);
  }

  expireIn(ms: number): void {
    this.principal = { expiresAtMs: Date.now() + ms };
    expiries.add(this);
  }

  close(reason: CloseReason): void {
    this.closes.push(reason);
  }
}

describe('the socket of a token', () => {
  test('is closed within a second of its end, once, and not before', () => {
    const socket = new FakeSocket(5_000);
    vi.advanceTimersByTime(4_999);
    expect(socket.closes).toEqual([]);
    vi.advanceTimersByTime(WITHIN_MS);
    expect(socket.closes).toEqual([CloseReason.tokenExpired]);
    vi.advanceTimersByTime(60_000);
    expect(socket.closes).toHaveLength(1);
  });

  test('is closed when the token was over already, within the tolerance of clocks', () => {
    const socket = new FakeSocket(-4_000);
    vi.advanceTimersByTime(WITHIN_MS);
    expect(socket.closes).toEqual([CloseReason.tokenExpired]);
  });

  test('goes on with a renewed token, until that ends', () => {
    const socket = new FakeSocket(5_000);
    vi.advanceTimersByTime(3_000);
    socket.expireIn(60_000);
    vi.advanceTimersByTime(59_000);
    expect(socket.closes).toEqual([]);
    vi.advanceTimersByTime(1_000 + WITHIN_MS);
    expect(socket.closes).toEqual([CloseReason.tokenExpired]);
  });

  test('is left alone once it has closed by itself', () => {
    const socket = new FakeSocket(5_000);
    expiries.delete(socket);
    vi.advanceTimersByTime(60_000);
    expect(socket.closes).toEqual([]);
  });
});
