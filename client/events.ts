import type { ServerEventData } from './protocol.ts';

/** One message from the server. Durable ones say where they stand in which channel. */
export interface EventOf<Type extends string, Data> {
  readonly type: Type;
  readonly data: Data;
  /** ISO 8601, by the server's clock. */
  readonly timestamp: string;
  /** The same wherever and however often this event is read. */
  readonly id: string;
  readonly channel?: string;
  readonly cursor?: string;
}

/** Somebody in the session; `user` is null for those without a token. */
export type Participant = ServerEventData['presence']['participants'][number];

/** `investigation_<kind>`: what was published, with these two fields. */
interface InvestigationUpdateData {
  readonly [field: string]: unknown;
  readonly investigation_id: string;
  readonly update_type: string;
}

/** Events whose type is known in full, by that type. */
export type NamedEvents = { readonly [Type in keyof ServerEventData]: EventOf<Type, ServerEventData[Type]> };
export type InvestigationUpdate = EventOf<`investigation_${string}`, InvestigationUpdateData>;

/** Every event; a `switch` on `type` narrows `data`. */
export type ServerEvent = NamedEvents[keyof NamedEvents] | InvestigationUpdate;
export type ServerEventOf<Type extends ServerEvent['type']> = Type extends keyof NamedEvents
  ? NamedEvents[Type]
  : InvestigationUpdate;

/** What happens in an investigation. */
export type InvestigationEvent = NamedEvents['anomaly_detected'] | InvestigationUpdate;

/** What `history` keeps: no chunks. */
export type PastEvent = NamedEvents['chat_accepted' | 'chat_complete' | 'error' | 'notification'];

/**
 * Events of a channel are gone for good: the cursor was older than what the server keeps (or its storage
 * was replaced), or an iterator nobody read was full. What follows is whole again.
 */
export interface Gap {
  readonly type: 'gap';
  /** `session` or `investigation.<id>`. */
  readonly channel: string;
  readonly reason: 'unrecovered' | 'overflow';
}

/** Whether a parsed frame is an event: the envelope is checked, `data` is the server's word. */
export function isServerEvent(value: unknown): value is ServerEvent {
  return (
    isObject(value) && typeof value['type'] === 'string' && isObject(value['data']) && !Array.isArray(value)
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

export function isInvestigationEvent(event: ServerEvent): event is InvestigationEvent {
  return event.type === 'anomaly_detected' || event.type.startsWith('investigation_');
}
