import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import type { Connection } from '../session/connection.ts';

/** Checks a token and gives the socket its identity; closes it when the token is bad or another's. */
export type Authenticate = (connection: Connection, token: string) => Promise<boolean>;

const NEVER_MS = 24 * 3_600_000;

/** `auth`: renews the token of a socket, or gives an anonymous one an identity. */
export async function handleAuth(
  authenticate: Authenticate,
  connection: Connection,
  message: ClientMessageOf<'auth'>,
): Promise<void> {
  if (!(await authenticate(connection, message.data.token))) return;
  // With `AUTH_MODE=off` the token was ignored: nothing expires, and the client need not ask again soon.
  const expiresAtMs = connection.principal?.expiresAtMs ?? Date.now() + NEVER_MS;
  connection.reply('authenticated', { expires_at: new Date(expiresAtMs).toISOString() });
}
