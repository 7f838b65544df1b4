import { acceptedEvent, typeOfLogEvent } from '../../shared/bus-protocol/chat-log.ts';
import { chatRequest } from '../../shared/bus-protocol/chat-request.ts';
import { parsePayload } from '../../shared/bus-protocol/parse-payload.ts';
import type { RequestedChat } from '../chat/queued-chat.ts';

/** The payload of a queue item; undefined when it is not what a gateway writes for this request. */
export function readRequest(data: Uint8Array, requestId: string): RequestedChat | undefined {
  const { data: request } = chatRequest.safeParse(parsePayload(data));
  if (request === undefined) return undefined;
  const { event, message_id: messageId } = request.accepted;
  const bytes = Buffer.from(event);
  // It becomes the first event of the log as it is: gateways forward it by its first bytes.
  if (typeOfLogEvent(bytes) !== 'chat_accepted') return undefined;
  const accepted = acceptedEvent.safeParse(parsePayload(bytes)).data;
  if (accepted?.data.request_id !== requestId) return undefined;
  return {
    accepted: { event, messageId },
    agentId: request.agent_id,
    subscriptions: request.subscriptions,
    allowedInvestigations: request.asker.investigations,
  };
}
