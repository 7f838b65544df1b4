import type { JsonSchema } from './json-schema.ts';

/** One message as the documents show it. */
export interface DescribedMessage {
  /** Unique among all messages: `server.chat_accepted`. */
  readonly name: string;
  /** What stands on the wire as its `type`, or what it is. */
  readonly title: string;
  readonly summary: string;
  readonly schema: JsonSchema;
  readonly example: object;
}
