/** Why the server ends a socket: the code and the reason text clients may rely on. */
export const CloseReason = {
  done: { code: 1000, reason: '' },
  goingAway: { code: 1001, reason: 'Going away' },
  invalidAuthentication: { code: 1008, reason: 'Invalid authentication' },
  tokenExpired: { code: 1008, reason: 'Token expired' },
  revoked: { code: 1008, reason: 'Revoked' },
  forbidden: { code: 1008, reason: 'Forbidden' },
  tooManyErrors: { code: 1008, reason: 'Too many errors' },
  tooBig: { code: 1009, reason: 'Message too big' },
  internal: { code: 1011, reason: 'Internal error' },
  overloaded: { code: 1013, reason: 'Try again later' },
  tooSlow: { code: 1013, reason: 'Too slow' },
} as const satisfies Record<string, { code: number; reason: string }>;

export type CloseReason = (typeof CloseReason)[keyof typeof CloseReason];

/**
 * Whether the client is meant to come back. One that never offered `cidadao.v1` returns only after an
 * unclean close, so for these its socket is cut instead of closed.
 */
export function invitesReconnect(reason: CloseReason): boolean {
  return reason.code === 1001 || reason.code === 1013;
}
