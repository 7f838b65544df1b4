import { chatLogEvent, isEnd, type ChatLogEvent } from '../../../shared/bus-protocol/chat-log.ts';
import { parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import type { Stored } from '../trial/broker-log.ts';

export type StoredEvent = ChatLogEvent & { readonly stored: Stored };

/** The log of one chat, taken apart. */
export interface StoredChat {
  readonly events: readonly StoredEvent[];
  readonly claims: number;
  readonly handovers: number;
  readonly end: StoredEvent | undefined;
  /** The text of the chunks since the last restart. */
  readonly text: string;
}

export function storedChat(session: readonly Stored[], requestId: string): StoredChat {
  const events = session
    .filter(({ subject }) => {
      const parsed = parseSessionSubject(subject);
      return parsed?.kind === 'chat' && parsed.requestId === requestId;
    })
    .map((stored) => ({ ...chatLogEvent.parse(JSON.parse(stored.text)), stored }));
  let text = '';
  for (const event of events) {
    if (event.type === 'chat_restart') text = '';
    else if (event.type === 'chat') text += event.data.content;
  }
  return {
    events,
    claims: events.filter(({ type }) => type === 'claim').length,
    handovers: events.filter(({ type }) => type === 'handover').length,
    end: events.find(({ type }) => isEnd(type)),
    text,
  };
}
