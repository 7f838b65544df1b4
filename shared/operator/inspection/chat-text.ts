import type { ChatAttempt, ChatHistory, WorkerTurn } from '../../bus-protocol/inspection.ts';
import type { Finding, Report } from './report.ts';
import { clock, counted, plain, span } from './words.ts';

/** Chats as their logs tell them: newest last. */
export function chatLines(
  chats: readonly ChatHistory[],
  { broker }: Finding,
  { atMs }: Report,
): readonly string[] {
  const lines = chats.flatMap((chat) => [
    `  ${chat.request_id}  ${stateOf(chat, broker?.queued ?? [])}`,
    `    ${chat.accepted_at_ms === null ? 'its beginning was trimmed' : `accepted ${clock(chat.accepted_at_ms)}`}, places ${String(chat.first_sequence)} to ${String(chat.last_sequence)}`,
    ...chat.attempts.map((attempt, index) => attemptLine(attempt, chat, chat.attempts[index - 1], atMs)),
    ...(chat.restarts === 0 ? [] : [`    the answer began anew: ${counted(chat.restarts, 'time')}`]),
    ...(chat.cancel_at_ms === null ? [] : [`    cancel ${since(chat, chat.cancel_at_ms)}`]),
    ...(chat.end === null ? [] : [`    ${chat.end.outcome} ${since(chat, chat.end.at_ms)}`]),
  ]);
  const kept = broker?.kept.filter(({ what }) => what === 'chat').length ?? 0;
  return lines.length > 0 && kept > chats.length && chats.length > 1
    ? [...lines, `  … the last ${String(chats.length)} of ${String(kept)}`]
    : lines;
}

function stateOf(chat: ChatHistory, queued: readonly string[]): string {
  if (chat.end !== null) {
    const chunks = chat.attempts.reduce((sum, attempt) => sum + attempt.chunks, 0);
    const took = chat.accepted_at_ms === null ? '' : ` in ${span(chat.end.at_ms - chat.accepted_at_ms)}`;
    return `${chat.end.outcome}${took}, ${counted(chunks, 'chunk')}, ${counted(chat.attempts.length, 'attempt')}`;
  }
  if (chat.attempts.length === 0) return queued.includes(chat.request_id) ? 'waits for a worker' : 'accepted';
  return queued.includes(chat.request_id) ? 'runs' : 'has no end and is not in the queue';
}

function attemptLine(
  attempt: ChatAttempt,
  chat: ChatHistory,
  before: ChatAttempt | undefined,
  atMs: number,
): string {
  const first = attempt.first_chunk_at_ms;
  const parts = [
    `claimed ${since(chat, attempt.claimed_at_ms)}`,
    ...(before === undefined
      ? []
      : [`${span(attempt.claimed_at_ms - before.last_at_ms)} after the one before`]),
    ...(first === null
      ? ['no chunk']
      : [`first chunk after ${span(first - attempt.claimed_at_ms)}`, counted(attempt.chunks, 'chunk')]),
    ...(attempt.look_ups === 0 ? [] : [counted(attempt.look_ups, 'look-up')]),
    attempt.outcome === 'running'
      ? `running, last event ${span(atMs - attempt.last_at_ms)} ago`
      : `${attempt.outcome}, last event ${since(chat, attempt.last_at_ms)}`,
  ];
  return `    attempt ${String(attempt.attempt)} by ${attempt.worker}: ${parts.join(', ')}`;
}

/** From when the chat was accepted; a time of the clock where that is gone. */
function since({ accepted_at_ms: acceptedAtMs }: ChatHistory, atMs: number): string {
  return acceptedAtMs === null ? clock(atMs) : `+${span(atMs - acceptedAtMs)}`;
}

/** What the workers say of themselves. */
export function workerLines({ workers }: Finding, { atMs }: Report): readonly string[] {
  if (workers.length === 0) return ['  no worker answered'];
  return workers.flatMap((worker) => [
    `  worker ${worker.id}${worker.draining ? ', draining' : ''}: runs ${String(worker.running)} of at most ${String(worker.capacity)}`,
    ...worker.turns.map((turn) => `    ${turnText(turn, atMs)}`),
  ]);
}

function turnText(turn: WorkerTurn, atMs: number): string {
  const attempt = turn.attempt === null ? 'not claimed' : `attempt ${String(turn.attempt)}`;
  const agent = turn.agent === null ? [] : [`agent ${plain(turn.agent)}`];
  const waited = `delivery ${String(turn.delivery)}, ${span(turn.waited_ms)} after it was queued`;
  const end =
    turn.ended_at_ms === null
      ? `runs for ${span(atMs - turn.taken_at_ms)}`
      : `${turn.outcome ?? 'ended'} after ${span(turn.ended_at_ms - turn.taken_at_ms)}`;
  return [`${turn.request_id}: ${attempt}`, ...agent, waited, counted(turn.chunks, 'chunk'), end].join(', ');
}
