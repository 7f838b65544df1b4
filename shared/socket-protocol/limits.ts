/** Sizes and counts of the socket protocol that are part of the contract, not settings. */
export const MAX_CHAT_CHARACTERS = 16_000;
export const MAX_CLIENT_ID_CHARACTERS = 256;
export const MAX_CURSOR_CHARACTERS = 512;
export const MAX_WAITING_CHATS = 8;
export const MAX_HISTORY_EVENTS = 200;
export const DEFAULT_HISTORY_EVENTS = 50;
/** A history page ends here even when it has fewer events than were asked for. */
export const MAX_HISTORY_BYTES = 512 * 1024;
/** Every frame from the server stays below this. */
export const MAX_SERVER_FRAME_BYTES = 900 * 1024;
/** A whole answer, measured as the JSON string it is sent as. */
export const MAX_ANSWER_BYTES = 256 * 1024;
/** A payload of another service on `investigation.*` or `session.*.notification`. */
export const MAX_NOTIFICATION_BYTES = 256 * 1024;
/** Deeper JSON from a client is refused before it is parsed: Node parses it, but can't write it again. */
export const MAX_JSON_DEPTH = 32;
/** The sub-protocol of clients that know the whole contract. */
export const SUB_PROTOCOL = 'cidadao.v1';
