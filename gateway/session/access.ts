import type { SessionState } from '../../shared/bus-protocol/session-state.ts';
import { CloseReason } from '../../shared/socket-protocol/close-codes.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { InvalidTokenError } from '../auth/invalid-token-error.ts';
import {
  maySeeInvestigation,
  maySeeSession,
  type InvestigationAccess,
  type Principal,
} from '../auth/principal.ts';
import type { Revocations } from '../auth/revocations.ts';
import type { TokenVerifier } from '../auth/verify-token.ts';
import type { AuthReject } from '../metrics.ts';
import type { Connection } from './connection.ts';
import type { SessionStore, StoredState } from './session-store.ts';

export type AuthMode = 'optional' | 'required' | 'off';

/** A session, as far as access depends on it. */
export interface OwnedSession {
  readonly id: string;
  readonly state: Pick<SessionState, 'owner'>;
  readonly stored: StoredState;
  apply(stored: StoredState): void;
}

/** Who may do what: the one place that knows the rules of access. */
export class Access {
  readonly #mode: AuthMode;
  readonly #investigationAccess: InvestigationAccess;
  readonly #verifier: TokenVerifier;
  readonly #revocations: Revocations;
  readonly #store: SessionStore;
  readonly #onReject: (reason: AuthReject) => void;

  /** `onReject` is told of every token that is not accepted. */
  constructor(
    settings: { mode: AuthMode; investigationAccess: InvestigationAccess },
    verifier: TokenVerifier,
    revocations: Revocations,
    store: SessionStore,
    onReject: (reason: AuthReject) => void = () => undefined,
  ) {
    this.#mode = settings.mode;
    this.#investigationAccess = settings.investigationAccess;
    this.#verifier = verifier;
    this.#revocations = revocations;
    this.#store = store;
    this.#onReject = onReject;
  }

  /**
   * Gives a socket the identity of its token. A bad or revoked one, or none where one is required, closes
   * it, and so does a renewal for somebody else. Resolves to whether the socket may go on.
   * @throws ProtocolError `UNAVAILABLE` when the issuer's keys are out of reach
   */
  async authenticate(connection: Connection, token: string | undefined): Promise<boolean> {
    if (this.#mode === 'off') return true;
    if (token === undefined) {
      if (this.#mode === 'optional') return true;
      this.#onReject('missing');
      connection.close(CloseReason.invalidAuthentication);
      return false;
    }
    const principal = await this.#verify(token);
    // No await from here on: a revocation is either seen here or finds the socket identified.
    if (principal === undefined) {
      connection.close(CloseReason.invalidAuthentication);
      return false;
    }
    if (this.#revocations.isRevoked(principal)) {
      this.#onReject('revoked');
      connection.close(CloseReason.revoked);
      return false;
    }
    if (connection.principal !== undefined && connection.principal.sub !== principal.sub) {
      connection.close(CloseReason.forbidden);
      return false;
    }
    connection.identify(principal);
    return true;
  }

  /**
   * Lets a socket into its session, or closes it. A session without owner becomes the first authenticated
   * user's; when two race the broker decides.
   * @throws UnavailableError
   */
  async enter(connection: Connection, session: OwnedSession): Promise<boolean> {
    const { principal } = connection;
    if (this.claims(connection) && principal !== undefined && session.state.owner === undefined) {
      const stored = await this.#store.update(
        session.id,
        (state) => (state.owner === undefined ? { ...state, owner: principal.sub } : state),
        session.stored,
      );
      session.apply(stored);
    }
    if (this.mayStay(connection, session)) return true;
    connection.close(CloseReason.forbidden);
    return false;
  }

  /** Whether it makes a session its user's that has no owner, and so learns whose it is. */
  claims(connection: Connection): boolean {
    return this.#mode !== 'off' && connection.principal !== undefined;
  }

  /** Whether the session, as its record is now, is open to the socket. */
  mayStay(connection: Connection, session: OwnedSession): boolean {
    return this.#mode === 'off' || maySeeSession(connection.principal, session.id, session.state.owner);
  }

  maySee(connection: Connection, investigationId: string): boolean {
    return (
      this.#mode === 'off' ||
      maySeeInvestigation(connection.principal, investigationId, this.#investigationAccess)
    );
  }

  async #verify(token: string): Promise<Principal | undefined> {
    try {
      return await this.#verifier.verify(token);
    } catch (error) {
      if (!(error instanceof InvalidTokenError)) throw error;
      this.#onReject(error.reason);
      // Keys out of reach say nothing about the token: the client is to try again with it.
      if (error.retryable) throw new ProtocolError('UNAVAILABLE', { cause: error });
      return undefined;
    }
  }
}
