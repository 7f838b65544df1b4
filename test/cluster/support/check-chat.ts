import type { Received } from '../../chaos/clients/journal.ts';
import type { LoggedEvent } from './stored-log.ts';

/** What workers write for each other. */
const INNER = new Set(['claim', 'handover']);

/** Whether a client was told what is stored of a chat: all of it, once and in order. */
export function isAllTold(log: readonly LoggedEvent[], told: readonly Received[]): boolean {
  return isSame(
    idsOf(log),
    told.map(({ id }) => id),
  );
}

/** The same, where the broker may have given one message two numbers: it may come under both. */
export function isAllToldOften(log: readonly LoggedEvent[], told: readonly Received[]): boolean {
  return isSame([...new Set(idsOf(log))], [...new Set(told.map(({ id }) => id))]);
}

function idsOf(log: readonly LoggedEvent[]): readonly (string | undefined)[] {
  return log.filter(({ event }) => !INNER.has(event.type)).map(({ event }) => event.id);
}

function isSame(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.length === others.length && some.every((one, index) => one === others[index]);
}

/** One answer, from its beginning to its end, by one writer at a time. */
export function isWhole(log: readonly LoggedEvent[]): boolean {
  const events = log.map(({ event }) => event).filter(({ type }) => !INNER.has(type));
  const chunks = events.filter(({ type }) => type === 'chat');
  const last = events.at(-1);
  return (
    events[0]?.type === 'chat_accepted' &&
    last?.type === 'chat_complete' &&
    events.length === chunks.length + 2 &&
    chunks.every(({ data }, index) => data?.['chunk_index'] === index) &&
    chunks.map(({ data }) => String(data?.['content'])).join('') === last.data?.['content']
  );
}

/** For people. */
export function describe(log: readonly LoggedEvent[]): string {
  return log
    .map(({ sequence, expected, messageId, event }) => {
      const { chunk_index: index = '', code = '' } = event.data ?? {};
      return `${sequence} after ${expected ?? '?'}: ${event.type} ${String(index)}${String(code)} ${messageId}`;
    })
    .join('\n');
}

/** The longest time between two events, milliseconds. */
export function longestPauseMs(told: readonly Received[]): number {
  return Math.max(...told.slice(1).map(({ atMs }, index) => atMs - (told[index]?.atMs ?? atMs)));
}
