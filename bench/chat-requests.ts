import { randomUUID } from 'node:crypto';
import { RawPublisher } from './raw-publisher.ts';
import { subjects } from '../shared/bus-protocol/subjects.ts';
import { encodeEvent } from '../shared/socket-protocol/server-events.ts';

/** Queues chats as a gateway does, each in a session of its own. */
export function requestChats(publisher: RawPublisher, run: string, chats: number): void {
  for (let chat = 0; chat < chats; chat += 1) {
    const event = encodeEvent('chat_accepted', { request_id: 'q', role: 'user', message: 'Olá' });
    const request = { accepted: { message_id: randomUUID(), event }, asker: {} };
    const subject = subjects.chatRequest(`${run}-${String(chat)}`, 'q');
    publisher.publish(RawPublisher.block(subject, JSON.stringify(request)));
  }
}
