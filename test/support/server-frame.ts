import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { serverEnvelope, serverEventData } from '../../shared/socket-protocol/server-events.ts';

/** One message from the server, checked against the shared schemas. */
export interface ServerFrame {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly timestamp: string;
  readonly id: string;
  readonly channel?: string | undefined;
  readonly cursor?: string | undefined;
}

/** Every frame from the server is at most this long. */
const MAX_FRAME_BYTES = 900 * 1024;
const INVESTIGATION_EVENT = /^investigation_[A-Za-z0-9_-]{1,128}$/;
const investigationEventData = z.looseObject({ investigation_id: z.string(), update_type: z.string() });
const schemas: ReadonlyMap<string, z.ZodType> = new Map(Object.entries(serverEventData));

/** @throws Error that shows the frame, when it is not what the protocol allows: also when it has more */
export function parseServerFrame(text: string): ServerFrame {
  if (Buffer.byteLength(text) > MAX_FRAME_BYTES) throw new Error(`a frame of ${text.length} characters`);
  // Schemas leave out such a key of a publisher's, so it is left out on both sides.
  const value: unknown = JSON.parse(text, (key, part: unknown) => (key === '__proto__' ? undefined : part));
  try {
    const frame = serverEnvelope.strict().parse(value);
    checkData(frame.type, frame.data);
    if ((frame.channel === undefined) !== (frame.cursor === undefined)) {
      throw new Error('channel and cursor come together');
    }
    return frame;
  } catch (error) {
    throw new Error(`not a frame of the protocol: ${text.slice(0, 2_000)}`, { cause: error });
  }
}

function checkData(type: string, data: unknown): void {
  const schema = INVESTIGATION_EVENT.test(type) ? investigationEventData : schemas.get(type);
  if (schema === undefined) throw new Error(`there is no event "${type}"`);
  // Schemas leave out what they don't know; nothing unknown may be sent.
  if (!isDeepStrictEqual(schema.parse(data), data)) throw new Error('data has fields that no schema names');
}

/** Where the frame stands in its channel, or where the socket starts. */
export function cursorOf({ type, data, cursor }: ServerFrame): string {
  const found = cursor ?? data['cursor'];
  if (typeof found !== 'string') throw new Error(`"${type}" has no cursor`);
  return found;
}
