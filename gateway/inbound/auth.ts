import type { ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import type { Connection } from '../session/connection.ts';

/** Checks a token and gives the socket its identity; closes it when the token is bad or another's. */
export type Authenticate = (connection: Connection, token: string) => Promise<boolean>;

/** `auth`: renews the token of a socket, or gives an anonymous one an identity. */
export async function handleAuth(
  authenticate: Authenticate,
  connection: Connection,
  message: ClientMessageOf<'auth'>,
): Promise<void> {
  if (!(await authenticate(connection, message.data.token))) return;
  const { principal } = connection;
  if (principal === undefined) return;
  connection.reply('authenticated', { expires_at: new Date(principal.expiresAtMs).toISOString() });
}
