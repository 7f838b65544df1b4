import { z } from 'zod';

/** A place in the life of one chat where something can be done to the system. */
export type Moment =
  { readonly name: 'accepted' | 'claim' | 'end' } | { readonly name: 'chunk'; readonly index: number };

/** Request ids are each session's own. */
export interface ChatId {
  readonly sessionId: string;
  readonly requestId: string;
}

const logEvent = z.looseObject({
  type: z.string(),
  data: z.looseObject({ chunk_index: z.int().optional(), worker: z.string().optional() }),
});

const NAMES = new Map<string, 'accepted' | 'claim' | 'end'>([
  ['chat_accepted', 'accepted'],
  ['claim', 'claim'],
  ['chat_complete', 'end'],
  ['error', 'end'],
]);

/** What an event of a chat's log is the moment of. */
export function moment(text: string): { moment: Moment; worker: string | undefined } | undefined {
  const event = logEvent.safeParse(JSON.parse(text)).data;
  if (event === undefined) return undefined;
  const { chunk_index: index, worker } = event.data;
  if (event.type === 'chat' && index !== undefined) return { moment: { name: 'chunk', index }, worker };
  const name = NAMES.get(event.type);
  return name === undefined ? undefined : { moment: { name }, worker };
}
