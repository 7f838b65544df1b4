import { parseSessionSubject } from '../../../shared/bus-protocol/subjects.ts';
import { storedChat } from '../checks/stored-chats.ts';
import type { Stored } from './broker-log.ts';
import type { Cast } from './cast.ts';
import type { Plan } from './plan.ts';

/**
 * I11: whoever asks again, long after the end and through another gateway, gets the same end and starts
 * nothing. One chat of each trial, chosen by its seed.
 */
export async function checkRepeats(
  cast: Cast,
  plan: Plan,
  sessions: readonly Stored[],
  signal: AbortSignal,
): Promise<string[]> {
  const chat = plan.chats[plan.seed % plan.chats.length];
  if (chat === undefined) return [];
  const { requestId, session, question } = chat;
  const own = sessions.filter(
    ({ subject }) => parseSessionSubject(subject)?.sessionId === plan.sessions[session]?.id,
  );
  const { end } = storedChat(own, requestId);
  if (end === undefined) return [];
  const client = cast.open(session, 1);
  await client.until(() => client.isSettled, signal);
  client.ask(requestId, JSON.stringify(question), 2);
  await client.until(() => client.journal.repeats.some(({ type }) => type === end.type), signal);
  await client.flushed(signal);
  const found: string[] = [];
  for (const { type, id, data } of client.journal.repeats) {
    if (type === end.type && !end.stored.text.includes(`"id":"${id}"`))
      found.push(`${requestId}: another end (I2)`);
    if (type === 'chat_accepted' && data['duplicate'] !== true)
      found.push(`${requestId}: no duplicate (I11)`);
  }
  if (client.journal.received.length > 0) found.push(`${requestId}: a repeat stored something (I11)`);
  return found;
}
