export { connect, type ConnectOptions } from './connect.ts';
export type { BackoffOptions } from './backoff.ts';
export type { Chat, ChatChunk, ChatOptions, ChatResult, ChatStatus } from './chat.ts';
export { ClientError, type ClientErrorCode } from './errors.ts';
export type {
  EventOf,
  Gap,
  InvestigationEvent,
  InvestigationUpdate,
  NamedEvents,
  Participant,
  PastEvent,
  ServerEvent,
  ServerEventOf,
} from './events.ts';
export type { HistoryOptions, HistoryPage } from './history.ts';
export type { LocalEvents, Session, SessionEventOf } from './session.ts';
export type { SessionStorageLike } from './memory.ts';
export type { Status } from './status.ts';
export type { Subscription, SubscriptionItem, SubscriptionOptions } from './subscription.ts';
export type { WebSocketConstructor, WebSocketLike } from './web-socket.ts';
