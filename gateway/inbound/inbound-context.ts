import type { Bus } from '../../shared/bus/bus.ts';
import type { GatewayEvents } from '../events.ts';
import type { InvestigationChannels } from '../outbound/investigation-channels.ts';
import type { Access } from '../session/access.ts';
import type { ChatQueue } from '../session/chat-queue.ts';
import type { Connection } from '../session/connection.ts';
import type { Session } from '../session/session.ts';
import type { SessionStore } from '../session/session-store.ts';
import type { ChatRate } from './chat-rate.ts';

/** What the handlers of client messages work with. */
export interface InboundContext {
  readonly bus: Bus;
  readonly store: SessionStore;
  readonly investigations: InvestigationChannels;
  readonly access: Access;
  readonly events: GatewayEvents;
  readonly chatRate: ChatRate;
  readonly maxSubscriptions: number;
}

/** An open chat socket in its session. */
export interface Chatting {
  readonly connection: Connection;
  readonly session: Session;
  readonly chats: ChatQueue;
}
