import { isEnd } from '../../../shared/bus-protocol/chat-log.ts';
import { piecesOfAnswer } from '../parts/chaos-agent.ts';
import type { ChatPlan } from '../trial/chat-plan.ts';
import type { StoredChat, StoredEvent } from './stored-chats.ts';

const MAX_ATTEMPTS = 3;

export interface LogFacts {
  readonly plan: ChatPlan;
  readonly chat: StoredChat;
  /** How often the agent was asked. */
  readonly generations: number;
  /** Whether something was done that may cost a worker its chat. */
  readonly mayLoseWorkers: boolean;
}

/** What the log of a chat must be, whatever happened (I1 to I5, I11). */
export function checkLog({ plan, chat, generations, mayLoseWorkers }: LogFacts): string[] {
  const { events, claims, handovers, end } = chat;
  const found: string[] = [];
  const wrong = (text: string): number => found.push(`${plan.requestId}: ${text}`);
  const accepted = events.filter(({ type }) => type === 'chat_accepted').length;
  if (accepted !== 1 || events[0]?.type !== 'chat_accepted') wrong(`${accepted} beginnings (I2)`);
  const ends = events.filter(({ type }) => isEnd(type)).length;
  if (ends !== 1) wrong(`${ends} ends (I2, I5)`);
  const last = events.at(-1);
  if (ends > 0 && (last === undefined || !isEnd(last.type))) wrong('something after the end (I2)');
  found.push(...checkChunks(plan, events), ...checkWriters(plan, events), ...checkAttempts(plan, events));
  if (generations > claims) wrong(`${generations} generations of ${claims} claims (I11)`);
  if (!mayLoseWorkers && claims > 1) wrong(`${claims} claims though no worker was lost (I11)`);
  if (claims - handovers > MAX_ATTEMPTS) wrong(`${claims - handovers} attempts`);
  if (end !== undefined) found.push(...checkEnd(plan, chat, end));
  return found;
}

/** Chunks count from 0 without holes, again after each restart (I3). */
function checkChunks({ requestId, question }: ChatPlan, events: readonly StoredEvent[]): string[] {
  const found: string[] = [];
  let next = 0;
  for (const event of events) {
    if (event.type === 'chat_restart') {
      next = 0;
      if (question.mode === 'continue') found.push(`${requestId}: restarted for nothing`);
    } else if (event.type === 'chat') {
      if (event.data.chunk_index !== next) {
        found.push(`${requestId}: chunk ${event.data.chunk_index} in place of ${next} (I3)`);
      }
      next = event.data.chunk_index + 1;
    }
  }
  return found;
}

/** From a claim to the next one writes who claimed, and nobody else (I4). The message id names the writer. */
function checkWriters({ requestId }: ChatPlan, events: readonly StoredEvent[]): string[] {
  const found: string[] = [];
  let writer: string | undefined;
  for (const { type, stored } of events) {
    const from = stored.messageId.split(':').slice(0, -1).join(':');
    if (type === 'claim') writer = from;
    else if (type !== 'chat_accepted' && from !== writer) {
      found.push(
        `${requestId}: ${type} at ${stored.sequence} by ${from} in the turn of ${String(writer)} (I4)`,
      );
    }
  }
  return found;
}

/** Claims count the workers that were lost before, those that handed the chat over not among them. */
function checkAttempts({ requestId }: ChatPlan, events: readonly StoredEvent[]): string[] {
  const found: string[] = [];
  let lost = 0;
  for (const event of events) {
    if (event.type === 'handover') lost -= 1;
    if (event.type !== 'claim') continue;
    lost += 1;
    if (event.data.attempt !== lost)
      found.push(`${requestId}: attempt ${event.data.attempt} is ${lost} (I11)`);
  }
  return found;
}

function checkEnd(plan: ChatPlan, chat: StoredChat, end: StoredEvent): string[] {
  const { requestId, question, cancel } = plan;
  const { text, claims, handovers } = chat;
  if (end.type === 'error') {
    const isJust = claims - handovers >= MAX_ATTEMPTS && end.data.retryable === true;
    return isJust ? [] : [`${requestId}: failed after ${claims - handovers} attempts`];
  }
  if (end.type !== 'chat_complete') return [];
  const { status, content } = end.data;
  const found: string[] = [];
  if (content !== text) found.push(`${requestId}: its text is not that of its chunks (I1)`);
  const variant = /^@[\w-]+@(~[0-9a-f]+)?/.exec(text)?.[1] ?? '';
  const whole = piecesOfAnswer(question, variant).join('');
  if (!whole.startsWith(text)) found.push(`${requestId}: not what the agent said (I1)`);
  if (status === 'completed' && text !== whole) found.push(`${requestId}: complete with a part of it (I1)`);
  if (status === 'cancelled' && cancel === undefined) found.push(`${requestId}: nobody cancelled it`);
  return found;
}
