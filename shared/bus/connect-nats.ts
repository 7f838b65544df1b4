import {
  connect,
  credsAuthenticator,
  errors,
  type ConnectionOptions,
  type NatsConnection,
  type NodeConnectionOptions,
} from '@nats-io/transport-node';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { BrokerSetupError } from './bus-errors.ts';

export interface BrokerSettings {
  /** One or more servers, separated by commas. */
  readonly natsUrl: string;
  readonly natsCreds: string | undefined;
  readonly natsUser: string | undefined;
  readonly natsPassword: string | undefined;
}

/** 1 s and two unanswered: a broker that hangs is noticed within 3 s, as the contract wants. */
const PING_INTERVAL_MS = 1_000;
const MAX_PINGS_OUT = 2;
/** Node's names for what can be wrong with a certificate. */
const CERTIFICATE_ERROR = /^(CERT_|DEPTH_ZERO_|ERR_TLS_CERT_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * A connection that, once made, is never given up. `role` becomes its name and its own inbox prefix, so
 * that one role can't read another's replies. Until the first connection `onWaiting` is told why it waits.
 * @throws BrokerSetupError when the credentials are refused or can't be read, or the broker isn't to be trusted
 */
export async function connectNats(
  settings: BrokerSettings,
  role: string,
  onWaiting: (error: unknown) => void,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const options = await connectionOptions(settings, role);
  for (;;) {
    try {
      return await connect(options);
    } catch (error) {
      if (
        error instanceof errors.AuthorizationError ||
        error instanceof errors.UserAuthenticationExpiredError
      ) {
        throw new BrokerSetupError('NATS_USER, NATS_PASSWORD or NATS_CREDS: the broker refuses them', error);
      }
      const problem = tlsProblem(error);
      if (problem !== undefined) throw new BrokerSetupError(`NATS_URL: ${problem}`, error);
      signal.throwIfAborted();
      onWaiting(error);
      await delay(reconnectDelayMs(), undefined, { signal });
    }
  }
}

async function connectionOptions(settings: BrokerSettings, role: string): Promise<NodeConnectionOptions> {
  const credentials: ConnectionOptions = {};
  if (settings.natsCreds !== undefined) {
    credentials.authenticator = credsAuthenticator(await readCreds(settings.natsCreds));
  }
  if (settings.natsUser !== undefined) credentials.user = settings.natsUser;
  if (settings.natsPassword !== undefined) credentials.pass = settings.natsPassword;
  const servers = settings.natsUrl.split(',').map((server) => server.trim());
  return {
    ...credentials,
    servers,
    // Left to itself the client believes a server that says it has no TLS, and tells it the password.
    ...(servers.some((server) => server.startsWith('tls://')) ? { tls: {} } : {}),
    name: role,
    inboxPrefix: inboxPrefixOf(role),
    maxReconnectAttempts: -1,
    // Credentials may be rotated while a service runs: refused ones are tried again, not fatal.
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    pingInterval: PING_INTERVAL_MS,
    maxPingOut: MAX_PINGS_OUT,
    reconnectDelayHandler: reconnectDelayMs,
  };
}

/** Where the broker answers a role: no other may listen there. */
export function inboxPrefixOf(role: string): string {
  return `_INBOX_${role}`;
}

/** What no waiting changes: a certificate of a stranger, or none where TLS was asked for. */
function tlsProblem(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.message.includes("does not support 'tls'")) return 'the broker has no TLS';
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return CERTIFICATE_ERROR.test(code) ? `the broker's certificate is not trusted (${code})` : undefined;
}

async function readCreds(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BrokerSetupError(`NATS_CREDS ${path} can't be read`, error);
  }
}

/** Spread, so that services do not return to a restarted broker in step. */
function reconnectDelayMs(): number {
  return 50 + Math.random() * 450;
}
