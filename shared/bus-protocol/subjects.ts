import { AppError } from '../errors/app-error.ts';
import { isIdentifier } from '../socket-protocol/identifiers.ts';

/**
 * The only place where a NATS subject is built or taken apart. Every token is checked here, on the raw
 * value, so nothing a client sends can reach another's subject (`*`, `>`, dots, CR LF).
 */
export const subjects = {
  /** The work queue: one item a chat. */
  chatRequest: (sessionId: string, requestId: string) =>
    `chat.request.${token(sessionId)}.${token(requestId)}`,
  /** What waits of one session. */
  chatRequests: (sessionId: string) => `chat.request.${token(sessionId)}.*`,
  /** The log of one chat: accepted, claims, chunks, end. */
  chatLog: (sessionId: string, requestId: string) => `session.${token(sessionId)}.chat.${token(requestId)}`,
  cancel: (sessionId: string, requestId: string) => `session.${token(sessionId)}.cancel.${token(requestId)}`,
  notification: (sessionId: string) => `session.${token(sessionId)}.notification`,
  /** Everything of one session: the filter behind its channel. */
  sessionChannel: (sessionId: string) => `session.${token(sessionId)}.>`,
  sessionState: (sessionId: string) => `state.session.${token(sessionId)}`,
  anySessionChannel: 'session.>',
  anyInvestigationChannel: 'investigation.>',
  /** Everything of one investigation: the filter behind its channel. */
  investigationChannel: (investigationId: string) => `investigation.${token(investigationId)}.*`,
  investigationEvent: (investigationId: string, kind: string) =>
    `investigation.${token(investigationId)}.${token(kind)}`,
  /** Every item of the work queue. */
  anyChatRequest: 'chat.request.*.*',
  /** Every cancel of every session: what workers listen to. */
  anyCancel: 'session.*.cancel.*',
  /** The records of all sessions: what gateways listen to. */
  anySessionState: 'state.session.*',
  /** What operators tell all gateways, and what came of it. */
  anyControl: 'control.*',
  revoke: 'control.revoke',
  forget: 'control.forget',
  forgotten: 'control.forgotten',
  /** A gateway's sign of life; what gateways tell each other is not stored. */
  alive: (gatewayId: string) => `internal.alive.${token(gatewayId)}`,
  anyAlive: 'internal.alive.*',
  /** Who is in which sessions on a gateway. */
  presence: (gatewayId: string) => `internal.presence.${token(gatewayId)}`,
  anyPresence: 'internal.presence.*',
  /** What one worker has found out about the queue, for the others. */
  queue: 'internal.queue',
  /** An operator asks every service … */
  inspect: 'internal.inspect.all',
  /** … or one of them, which reads what is stored. */
  inspectStored: 'internal.inspect.stored',
  /** What they answer. */
  inspected: (inquiry: string) => `internal.inspected.${token(inquiry)}`,
  /** The logs of all chats with this request id, whosever they are. */
  chatLogsOf: (requestId: string) => `session.*.chat.${token(requestId)}`,
  chatRequestsOf: (requestId: string) => `chat.request.*.${token(requestId)}`,
  /** A wish to see the demo investigation played, in development. */
  demo: 'internal.demo.start',
} as const;

const LIVE_PREFIX = 'live.';

/** The name under which the broker republishes what it stored. */
export function liveSubject(subject: string): string {
  return LIVE_PREFIX + subject;
}

/** The session or investigation that an event's subject belongs to. */
export function channelIdOf(subject: string): string | undefined {
  return subject.split('.', 2)[1];
}

/** The stored subject behind a republished one. */
export function storedSubject(live: string): string {
  return live.slice(LIVE_PREFIX.length);
}

export type SessionSubject =
  | { readonly kind: 'chat' | 'cancel'; readonly sessionId: string; readonly requestId: string }
  | { readonly kind: 'notification'; readonly sessionId: string };

/** What a subject of the SESSIONS stream is about; undefined for what strangers put there by mistake. */
export function parseSessionSubject(subject: string): SessionSubject | undefined {
  const [root, sessionId, kind, requestId, ...rest] = subject.split('.');
  if (root !== 'session' || !isIdentifier(sessionId) || rest.length > 0) return undefined;
  if (kind === 'notification' && requestId === undefined) return { kind, sessionId };
  if ((kind === 'chat' || kind === 'cancel') && isIdentifier(requestId)) {
    return { kind, sessionId, requestId };
  }
  return undefined;
}

/** Session and request of a work-queue item, from its subject alone: a broken payload can't hide them. */
export function parseChatRequestSubject(
  subject: string,
): { readonly sessionId: string; readonly requestId: string } | undefined {
  const [root, noun, sessionId, requestId, ...rest] = subject.split('.');
  if (root !== 'chat' || noun !== 'request' || rest.length > 0) return undefined;
  if (!isIdentifier(sessionId) || !isIdentifier(requestId)) return undefined;
  return { sessionId, requestId };
}

export function parseInvestigationSubject(
  subject: string,
): { readonly investigationId: string; readonly kind: string } | undefined {
  const [root, investigationId, kind, ...rest] = subject.split('.');
  if (root !== 'investigation' || rest.length > 0) return undefined;
  if (!isIdentifier(investigationId) || !isIdentifier(kind)) return undefined;
  return { investigationId, kind };
}

export function parseStateSubject(subject: string): string | undefined {
  const [root, noun, sessionId, ...rest] = subject.split('.');
  return root === 'state' && noun === 'session' && isIdentifier(sessionId) && rest.length === 0
    ? sessionId
    : undefined;
}

/** The gateway that said something on an `internal.` subject. */
export function parseInternalSubject(subject: string): string | undefined {
  const [root, noun, gatewayId, ...rest] = subject.split('.');
  if (root !== 'internal' || (noun !== 'alive' && noun !== 'presence') || rest.length > 0) return undefined;
  return isIdentifier(gatewayId) ? gatewayId : undefined;
}

function token(value: string): string {
  if (!isIdentifier(value)) {
    throw new AppError('INVALID_SUBJECT_TOKEN', 'A subject token must be a checked identifier', {
      retryable: false,
    });
  }
  return value;
}
