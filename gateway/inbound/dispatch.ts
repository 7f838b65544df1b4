import type { ClientMessage, ClientMessageOf } from '../../shared/socket-protocol/client-messages.ts';
import { ProtocolError } from '../../shared/socket-protocol/protocol-error.ts';
import { ChatQueue } from '../session/chat-queue.ts';
import type { Connection } from '../session/connection.ts';
import type { Session } from '../session/session.ts';
import { handleAuth, type Authenticate } from './auth.ts';
import { handleCancel } from './cancel.ts';
import { chatQueueActions, handleChat } from './chat.ts';
import { handleHistory } from './history.ts';
import type { Chatting, InboundContext } from './inbound-context.ts';
import type { Dispatcher } from './receive.ts';
import { handleSubscribe, handleUnsubscribe } from './subscribe.ts';

/** What a chat socket may send. */
export class ChatDispatcher implements Dispatcher, Chatting {
  readonly connection: Connection;
  readonly session: Session;
  readonly #context: InboundContext;
  #chats: ChatQueue | undefined;

  constructor(context: InboundContext, connection: Connection, session: Session) {
    this.#context = context;
    this.connection = connection;
    this.session = session;
  }

  /** Made with the first chat: most sockets that are open are silent. */
  get chats(): ChatQueue {
    this.#chats ??= this.#newQueue();
    return this.#chats;
  }

  dispatch(message: ClientMessage, inOrder: (task: () => Promise<void>) => void): Promise<void> | undefined {
    const context = this.#context;
    switch (message.type) {
      // A running answer must not hold up what comes after it, nor its own cancel.
      case 'chat':
        return handleChat(context, this, message);
      case 'cancel':
        return handleCancel(context, this, message);
      case 'subscribe':
        inOrder(() => handleSubscribe(context, this, message));
        return undefined;
      case 'unsubscribe':
        inOrder(() => handleUnsubscribe(context, this, message));
        return undefined;
      case 'history':
        inOrder(() => handleHistory(context, this, message));
        return undefined;
      case 'auth':
        inOrder(() => handleAuth((_, token) => this.#renew(token), this.connection, message));
        return undefined;
      case 'ping':
        return undefined;
    }
  }

  async #renew(token: string): Promise<boolean> {
    const { connection, session } = this;
    const { access } = this.#context;
    if (!(await access.authenticate(connection, token))) return false;
    if (!(await access.enter(connection, session))) return false;
    await session.renewed(connection);
    return true;
  }

  #newQueue(): ChatQueue {
    const context = this.#context;
    const queue = new ChatQueue(this.connection, chatQueueActions(context, this.connection, this.session));
    this.connection.queue = queue;
    if (context.events.traces !== undefined) {
      this.connection.whenClosed(() => {
        queue.letGo();
      });
    }
    return queue;
  }
}

/** An investigation socket is read only: `auth` and `ping`. */
export function investigationDispatcher(authenticate: Authenticate, connection: Connection): Dispatcher {
  return {
    dispatch: (message, inOrder) => {
      if (!isAuth(message)) throw new ProtocolError('UNKNOWN_TYPE');
      inOrder(() => handleAuth(authenticate, connection, message));
      return undefined;
    },
  };
}

function isAuth(message: ClientMessage): message is ClientMessageOf<'auth'> {
  return message.type === 'auth';
}
