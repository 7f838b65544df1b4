import { AGAIN_CODES } from './again.ts';
import { ClientError } from './errors.ts';
import type { NamedEvents, ServerEvent } from './events.ts';
import type { Send } from './frames.ts';
import { LiveChat } from './live-chat.ts';
import type { Memory } from './memory.ts';
import { Outbox } from './outbox.ts';

/** Ended chats that are kept for who asks for them, and so that late events don't begin them anew. */
const MAX_ENDED = 64;
const TOO_BIG = 1009;

interface ChatEvent {
  readonly channel?: string;
  readonly data: { readonly request_id?: string };
}

/** Every chat of the session this client knows, its own and those of other tabs. */
export class ChatDesk {
  readonly #send: Send;
  readonly #memory: Memory;
  readonly #started: (chat: LiveChat) => void;
  readonly #chats = new Map<string, LiveChat>();
  readonly #outbox: Outbox;

  /** `started` is told of each chat once, when it is first heard of. */
  constructor(send: Send, memory: Memory, started: (chat: LiveChat) => void) {
    this.#send = send;
    this.#memory = memory;
    this.#started = started;
    this.#outbox = new Outbox(send, () => {
      for (const chat of this.#chats.values()) this.#tellCancel(chat);
    });
    for (const { id, message, agentId, cancelled } of memory.chats) {
      const chat = this.#add(id, message, agentId);
      chat.mayBeKnown = true;
      chat.cancelWanted = cancelled === true;
      // Before what this page is about to ask.
      if (chat.isAskable) this.#outbox.add(chat);
    }
  }

  get chats(): readonly LiveChat[] {
    return [...this.#chats.values()];
  }

  find(requestId: string): LiveChat | undefined {
    return this.#chats.get(requestId);
  }

  ask(requestId: string, message: string, agentId: string | undefined, cursor: string | undefined): LiveChat {
    const known = this.#chats.get(requestId);
    if (known !== undefined) return known;
    const chat = this.#add(requestId, message, agentId);
    this.#memory.add({
      id: requestId,
      message,
      ...(agentId === undefined ? {} : { agentId }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    this.#started(chat);
    this.#outbox.add(chat);
    this.#outbox.pump();
    return chat;
  }

  /** One that others asked: only its events will tell. */
  watch(requestId: string): LiveChat {
    const chat = this.#add(requestId, undefined, undefined);
    chat.mayBeKnown = true;
    return chat;
  }

  /** A new socket: answers that were to come on the one before have to be asked for again. */
  welcomed(): void {
    this.#outbox.reset();
    for (const chat of this.#chats.values()) {
      chat.cancelSent = false;
      this.#tellCancel(chat);
      if (chat.isAskable && !chat.isInChannel) this.#outbox.add(chat);
    }
    this.#outbox.pump();
  }

  lost(code: number): void {
    const { asked } = this.#outbox;
    this.#outbox.reset();
    // What waited on the socket is gone with it.
    for (const chat of this.#chats.values()) if (chat.status === 'queued') chat.unaccepted();
    // What is too long for this server would close the next socket, too.
    if (code === TOO_BIG) this.#refuse(asked, 'TOO_BIG', 'the server closes on a message this long');
  }

  /** Events of the channel are gone for good. Ends among them come again to who asks again. */
  gap(): void {
    for (const chat of this.#chats.values()) {
      if (chat.hasEnded) continue;
      chat.distrust();
      if (chat.isAskable) chat.unaccepted();
      else if (!chat.cancelWanted) this.#refuse(chat, 'GAP', 'its events are no longer kept');
    }
  }

  /** `before` is where the channel stood before the event. */
  event(event: ServerEvent, before: string | undefined): void {
    switch (event.type) {
      case 'chat_accepted':
        this.#accepted(event, before);
        return;
      case 'queued':
        this.#queued(event.data.request_id);
        return;
      case 'chat':
        this.#seen(event).chunk(event);
        return;
      case 'chat_restart':
        this.#seen(event).restart(event);
        return;
      case 'chat_complete': {
        const chat = this.#seen(event, true);
        chat.complete(event.data);
        this.#ended(chat);
        return;
      }
      case 'error':
        this.#failed(event);
        return;
      default:
    }
  }

  /** An error that names no chat, and that nobody else waited for. */
  stranger({ data }: NamedEvents['error']): void {
    if (AGAIN_CODES.has(data.code) || data.code === 'LIMIT') {
      for (const chat of this.#chats.values()) chat.cancelSent = false;
      this.#outbox.putOff(data.retry_after_ms);
    } else this.#refuse(this.#outbox.asked, data.code, data.message);
  }

  close(error: ClientError): void {
    this.#outbox.reset();
    for (const chat of this.#chats.values()) chat.fail(error);
  }

  #add(requestId: string, message: string | undefined, agentId: string | undefined): LiveChat {
    const chat = new LiveChat(requestId, message, agentId, (cancelled) => {
      this.#cancel(cancelled);
    });
    this.#chats.set(requestId, chat);
    return chat;
  }

  #accepted(event: NamedEvents['chat_accepted'], before: string | undefined): void {
    const { request_id: id, message, duplicate } = event.data;
    const isNew = !this.#chats.has(id);
    const chat = this.#seen(event);
    chat.accepted(event);
    if (isNew && duplicate !== true) {
      this.#memory.add({ id, message, ...(before === undefined ? {} : { cursor: before }) });
    }
    this.#outbox.remove(chat);
    this.#outbox.answered(chat);
  }

  #queued(requestId: string): void {
    const chat = this.#chats.get(requestId);
    if (chat === undefined) return;
    if (this.#outbox.has(chat)) chat.queued();
    this.#outbox.answered(chat);
  }

  /** The chat of an event. One that was cancelled and turns up all the same is cancelled again. */
  #seen({ data, channel }: ChatEvent, isEnd = false): LiveChat {
    const { request_id: requestId = '' } = data;
    let chat = this.#chats.get(requestId);
    if (chat === undefined) {
      chat = this.#add(requestId, undefined, undefined);
      this.#started(chat);
    }
    if (channel !== undefined) chat.isInChannel = true;
    chat.mayBeKnown = true;
    if (!isEnd) this.#tellCancel(chat);
    return chat;
  }

  #failed(event: NamedEvents['error']): void {
    const { code, message, retryable, request_id: requestId = '' } = event.data;
    const chat = code === 'CHAT_FAILED' ? this.#seen(event, true) : this.#chats.get(requestId);
    if (chat === undefined) return;
    if (AGAIN_CODES.has(code) || code === 'LIMIT') {
      chat.cancelSent = false;
      this.#outbox.putOff(event.data.retry_after_ms);
      this.#outbox.answered(chat);
    } else if (code === 'NOT_FOUND') this.#cancelNotFound(chat);
    else this.#refuse(chat, code, message, retryable);
  }

  #cancel(chat: LiveChat): void {
    this.#outbox.remove(chat);
    if (!chat.mayBeKnown) {
      chat.cancelledHere();
      this.#ended(chat);
      return;
    }
    chat.cancelWanted = true;
    this.#memory.cancelled(chat.requestId);
    this.#tellCancel(chat);
  }

  #tellCancel(chat: LiveChat): void {
    if (!chat.cancelWanted || chat.cancelSent) return;
    chat.cancelSent = this.#send({ type: 'cancel', data: { request_id: chat.requestId } });
  }

  /** Nothing of that id runs. The end of one in the channel is on its way; any other has none to wait for. */
  #cancelNotFound(chat: LiveChat): void {
    if (!chat.cancelWanted || chat.isInChannel) return;
    // Another gateway may be accepting it still: the wish stays, and the first event of it renews it.
    chat.cancelSent = false;
    chat.cancelledHere();
    this.#finish(chat);
  }

  #refuse(chat: LiveChat | undefined, code: string, message: string, retryable?: boolean): void {
    if (chat === undefined) return;
    chat.fail(new ClientError(code, message, { retryable, requestId: chat.requestId }));
    this.#ended(chat);
  }

  /** The last word on a chat. */
  #ended(chat: LiveChat): void {
    chat.cancelWanted = false;
    this.#finish(chat);
  }

  #finish(chat: LiveChat): void {
    this.#memory.remove(chat.requestId);
    this.#forgetOldest();
    this.#outbox.remove(chat);
    this.#outbox.answered(chat);
  }

  #forgetOldest(): void {
    let ended = this.chats.filter(({ hasEnded }) => hasEnded).length;
    for (const chat of this.#chats.values()) {
      if (ended <= MAX_ENDED) return;
      if (!chat.hasEnded) continue;
      this.#chats.delete(chat.requestId);
      ended -= 1;
    }
  }
}
