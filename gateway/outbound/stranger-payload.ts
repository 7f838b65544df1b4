import { z } from 'zod';
import { AppError } from '../../shared/errors/app-error.ts';
import { nestingOf } from '../../shared/socket-protocol/decode-frame.ts';
import { MAX_NOTIFICATION_BYTES, MAX_SERVER_FRAME_BYTES } from '../../shared/socket-protocol/limits.ts';

/** Deeper than any report, far below where JSON can be parsed and not written again. */
const MAX_DEPTH = 512;

/** What `channel` and `cursor` add to an event. */
const PLACE_BYTES = 1_024;

const utf8 = new TextDecoder('utf-8', { fatal: true });
/** Not `z.record`, whose copy leaves out a key `__proto__`: the body is the publisher's. */
const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
);

/** Why a payload of another service reaches no client. */
export class PayloadError extends AppError {
  constructor(reason: 'too large' | 'not a JSON object' | 'bad id', cause?: unknown) {
    super('INVALID_PAYLOAD', reason, { retryable: false, cause });
  }
}

/** The JSON object another service published. @throws PayloadError */
export function parsePayload(data: Uint8Array): Record<string, unknown> {
  if (data.length > MAX_NOTIFICATION_BYTES) throw new PayloadError('too large');
  try {
    const text = utf8.decode(data);
    if (nestingOf(text) > MAX_DEPTH) throw new RangeError('nested too deeply');
    const value: unknown = JSON.parse(text);
    return object.parse(value);
  } catch (error) {
    throw new PayloadError('not a JSON object', error);
  }
}

/**
 * The event made of a payload, if it fits into a frame: JSON may be longer written again than it was read
 * (`1e20` becomes 21 digits).
 * @throws PayloadError
 */
export function fittingFrame(event: string): string {
  if (Buffer.byteLength(event) > MAX_SERVER_FRAME_BYTES - PLACE_BYTES) throw new PayloadError('too large');
  return event;
}
