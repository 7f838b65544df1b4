import { setTimeout as delay } from 'node:timers/promises';
import { subjects } from '../../../shared/bus-protocol/subjects.ts';
import { SeededRandom } from '../../support/seeded-random.ts';
import type { ContractClient } from '../clients/contract-client.ts';
import type { LibraryAnswer } from '../clients/library-client.ts';
import type { BrokerLog } from './broker-log.ts';
import type { Cast } from './cast.ts';
import type { ChatPlan } from './chat-plan.ts';
import type { Plan, SessionPlan } from './plan.ts';

const KINDS = ['anomaly', 'progress', 'finding'];

/** What clients and other services do in one trial, while things are done to the system. */
export class Script {
  /** From the first send to the end as who asked saw it, of every chat. */
  readonly completionMs: number[] = [];
  /** What the broker said it has stored. */
  readonly published: { readonly subject: string; readonly mark: string }[] = [];
  /** What the client library made of its chats. */
  readonly libraryAnswers = new Map<ChatPlan, LibraryAnswer>();
  readonly #plan: Plan;
  readonly #cast: Cast;
  readonly #log: BrokerLog;
  readonly #random: SeededRandom;

  readonly #violations: string[];

  /** What should not be possible is added to `violations`. */
  constructor(plan: Plan, cast: Cast, log: BrokerLog, violations: string[]) {
    this.#violations = violations;
    this.#plan = plan;
    this.#cast = cast;
    this.#log = log;
    this.#random = new SeededRandom(plan.seed + 1);
  }

  /** Resolves when every chat has ended, as each who asked has seen, and everything is published. */
  async play(signal: AbortSignal): Promise<void> {
    await Promise.all([
      ...this.#plan.chats.map((chat) => this.#chat(chat, signal)),
      ...this.#plan.sessions.flatMap((session, index) => this.#session(session, index, signal)),
      this.#publish(signal),
    ]);
  }

  async #chat(chat: ChatPlan, signal: AbortSignal): Promise<void> {
    const { requestId, session, question, cancel } = chat;
    const startedAt = performance.now();
    if (chat.askers.length === 0) {
      const answer = await this.#cast.library.ask(JSON.stringify(question), requestId, signal);
      this.libraryAnswers.set(chat, answer);
      this.completionMs.push(performance.now() - startedAt);
      return;
    }
    const askers = chat.askers.map((tab) => this.#tab(session, tab));
    for (const asker of askers) asker.ask(requestId, JSON.stringify(question), chat.copies);
    const canceller = cancel === undefined ? undefined : this.#cast.tabs[session]?.[cancel.tab];
    if (cancel !== undefined && canceller !== undefined) {
      void canceller
        .until(() => chunksSeen(canceller, requestId) > cancel.afterChunk, signal)
        .then(() => canceller.cancel(requestId))
        .catch(() => undefined); // The trial is over.
    }
    await Promise.all(askers.map((asker) => asker.until(() => hasEnded(asker, requestId), signal)));
    this.completionMs.push(performance.now() - startedAt);
  }

  #session(
    { id, tabs, notifications, owner }: SessionPlan,
    index: number,
    signal: AbortSignal,
  ): Promise<void>[] {
    const late = tabs.map(async ({ opens }, tab) => {
      if (opens === 'first') return;
      const first = this.#tab(index, 0);
      const chat = this.#plan.chats.find(({ session }) => session === index);
      if (chat === undefined) return;
      await first.until(() => chunksSeen(first, chat.requestId) > opens.afterChunk, signal);
      const since = opens.from === 'start' ? first.journal.startedAt.get('session') : undefined;
      const sessionTabs = this.#cast.tabs[index] ?? [];
      sessionTabs[tab] = this.#cast.open(index, tab, since);
    });
    const subject = subjects.notification(id);
    const chat = this.#plan.chats.find(({ session }) => session === index);
    const intruders = owner === undefined || chat === undefined ? [] : [this.#intrude(index, chat, signal)];
    return [...late, ...intruders, this.#store(notifications, () => subject, `${id}-n`, signal)];
  }

  /** I8: another user, or nobody, gets nothing of a session that has an owner. */
  async #intrude(session: number, { requestId }: ChatPlan, signal: AbortSignal): Promise<void> {
    const first = this.#tab(session, 0);
    await first.until(() => chunksSeen(first, requestId) > 3, signal);
    const sub = this.#random.chance(0.5) ? 'eva' : undefined;
    const shown = await this.#cast.intrude(session, sub, signal);
    if (shown !== undefined) this.#violations.push(`${sub ?? 'nobody'} was shown ${shown} (I8)`);
  }

  async #publish(signal: AbortSignal): Promise<void> {
    const { investigation } = this.#plan.reader;
    const subject = (): string => subjects.investigationEvent(investigation, this.#random.pick(KINDS));
    await this.#store(this.#plan.publications, subject, `${investigation}-`, signal);
  }

  async #store(count: number, subjectOf: () => string, prefix: string, signal: AbortSignal): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      await delay(this.#random.between(10, 150));
      const subject = subjectOf();
      const mark = `@${prefix}${index}@`;
      await this.#log.store(subject, { mark }, mark, signal);
      this.published.push({ subject, mark });
    }
  }

  #tab(session: number, tab: number): ContractClient {
    const client = this.#cast.tabs[session]?.[tab];
    if (client === undefined) throw new Error(`session ${session} has no tab ${tab} yet`);
    return client;
  }
}

/** How many chunks of a chat a client has; infinitely many once it has ended. */
function chunksSeen({ journal }: ContractClient, requestId: string): number {
  let count = 0;
  for (const { type, data } of journal.received) {
    if (data['request_id'] !== requestId) continue;
    if (type === 'chat_complete' || type === 'error') return Infinity;
    if (type === 'chat') count = Number(data['chunk_index']) + 1;
  }
  return count;
}

function hasEnded(client: ContractClient, requestId: string): boolean {
  return chunksSeen(client, requestId) === Infinity;
}
