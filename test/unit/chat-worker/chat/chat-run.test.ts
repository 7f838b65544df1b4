import { describe, expect, test } from 'vitest';
import type { Agent } from '../../../../chat-worker/agents/agent.ts';
import type { ChatEvents } from '../../../../chat-worker/chat/chat-events.ts';
import type { AcceptedEvent, ChatLog } from '../../../../chat-worker/chat/chat-log.ts';
import { ChatRun, type ChatPorts } from '../../../../chat-worker/chat/chat-run.ts';
import { foldLog, type LoggedChat } from '../../../../chat-worker/chat/logged-chat.ts';
import type { QueuedChat } from '../../../../chat-worker/chat/queued-chat.ts';
import { FencedError, UnavailableError } from '../../../../shared/bus/bus-errors.ts';
import { acceptedEvent, type ChatLogEvent } from '../../../../shared/bus-protocol/chat-log.ts';
import { encodeEvent } from '../../../../shared/socket-protocol/server-events.ts';
import { fixedAgent, ScriptedAgent } from '../../../support/scripted-agent.ts';

/** A log in memory that refuses a writer who has not seen everything, as the broker does. */
class MemoryLog implements ChatLog {
  readonly events: ChatLogEvent[];
  /** Runs before each write: what others do meanwhile. */
  beforeWrite: (type: string) => void = () => undefined;
  #seen = 0;

  constructor(...events: ChatLogEvent[]) {
    this.events = events;
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  read(): Promise<LoggedChat> {
    this.#seen = this.events.length;
    return Promise.resolve(foldLog(this.events));
  }

  accept({ event }: AcceptedEvent): Promise<LoggedChat> {
    this.beforeWrite('chat_accepted');
    if (this.events.length === 0) this.events.push(acceptedEvent.parse(JSON.parse(event)));
    return this.read();
  }

  append(event: ChatLogEvent): Promise<void> {
    this.beforeWrite(event.type);
    if (this.events.length !== this.#seen) return Promise.reject(new FencedError('log'));
    this.#seen = this.events.push(event);
    return Promise.resolve();
  }
}

const said = (message: string): ChatLogEvent => ({
  type: 'chat_accepted',
  data: { request_id: 'r', role: 'user', message },
});
const claimOf = (item: number): ChatLogEvent => ({
  type: 'claim',
  data: { attempt: 1, worker: 'other', item, as_of: 0 },
});

const chat: QueuedChat = {
  sessionId: 's',
  requestId: 'r',
  item: 1,
  deliveryCount: 1,
  waitedMs: 0,
  request: () => ({
    accepted: {
      event: encodeEvent('chat_accepted', { request_id: 'r', role: 'user', message: 'do item' }),
      messageId: 'm',
    },
    agentId: undefined,
    subscriptions: [],
    allowedInvestigations: [],
  }),
};

const quiet: ChatEvents = {
  dropped: () => undefined,
  claimed: () => undefined,
  restarted: () => undefined,
  firstChunk: () => undefined,
  completed: () => undefined,
  failed: () => undefined,
  handedOver: () => undefined,
  answering: () => undefined,
  tokensUsed: () => undefined,
  toolsCalled: () => undefined,
  retried: () => undefined,
};

async function* noTurns(): AsyncGenerator<never> {
  // Nothing was said before.
}

function runOf(log: ChatLog, agent: Agent, ports: Partial<ChatPorts> = {}): ChatRun {
  const all: ChatPorts = {
    log,
    agent,
    events: quiet,
    cancelRequested: () => Promise.resolve(false),
    forgotten: () => Promise.resolve(false),
    investigationsEnd: () => Promise.resolve(3),
    investigationsAsOf: () => ({ events: () => Promise.resolve([]) }),
    conversation: { newestFirst: noTurns },
    ...ports,
  };
  return new ChatRun(chat, all, { workerId: 'me', queueMaxWaitMs: 1_000 });
}

describe('a chat run', () => {
  test('is no victim of a gateway that writes chat_accepted in the same moment', async () => {
    const log = new MemoryLog();
    log.beforeWrite = (type) => {
      if (type === 'chat_accepted') log.events.push(said('do outro gateway'));
    };
    const agent = new ScriptedAgent();
    const run = runOf(log, agent).run();
    const call = await agent.nextCall();
    expect(call.request.message).toBe('do outro gateway');
    call.end();
    expect(await run).toBe('settled');
    expect(log.types).toEqual(['chat_accepted', 'claim', 'chat_complete']);
  });

  test('writes nothing when the session was erased since the chat was asked', async () => {
    const log = new MemoryLog();
    const forgotten = (): Promise<boolean> => Promise.resolve(true);
    const agent = new ScriptedAgent();
    expect(await runOf(log, agent, { forgotten }).run()).toBe('settled');
    expect(log.types).toEqual([]);
    expect(agent.calls).toEqual([]);
  });

  test('writes nothing more when the session is erased while it claims', async () => {
    const log = new MemoryLog();
    let erased = false;
    log.beforeWrite = () => (erased = true);
    const agent = new ScriptedAgent();
    const run = runOf(log, agent, { forgotten: () => Promise.resolve(erased) });
    expect(await run.run()).toBe('settled');
    expect(log.types).toEqual(['chat_accepted', 'claim']);
    expect(agent.calls).toEqual([]);
  });

  test('asks whether the session was erased once more when the log has its beginning', async () => {
    const log = new MemoryLog();
    const typesAtAsking: string[][] = [];
    const forgotten = (): Promise<boolean> => {
      typesAtAsking.push(log.types);
      return Promise.resolve(false);
    };
    await runOf(log, fixedAgent(['x']), { forgotten }).run();
    expect(typesAtAsking[0]).toEqual([]);
    expect(typesAtAsking[1]?.[0]).toBe('chat_accepted');
  });

  test.each(['claim', 'forgotten', 'cancelRequested'] as const)(
    'asks the agent nothing until there is a word on its %s',
    async (missing) => {
      const log = new MemoryLog(said('x'));
      let release = (): void => undefined;
      const held = new Promise<void>((resolve) => (release = resolve));
      const answer = async (what: string): Promise<boolean> => {
        // What is asked before the claim is not meant.
        if (what === missing && log.types.includes('claim')) await held;
        return false;
      };
      const append = log.append.bind(log);
      log.append = async (event) => {
        await append(event);
        if (event.type === missing) await held;
      };
      const agent = new ScriptedAgent();
      const forgotten = (): Promise<boolean> => answer('forgotten');
      const cancelRequested = (): Promise<boolean> => answer('cancelRequested');
      const run = runOf(log, agent, { forgotten, cancelRequested }).run();
      await new Promise((resolve) => setImmediate(resolve));
      expect(log.types).toEqual(['chat_accepted', 'claim']);
      expect(agent.calls).toEqual([]);
      release();
      (await agent.nextCall()).end();
      expect(await run).toBe('settled');
    },
  );

  test('drops its item when another item of the chat is claimed between', async () => {
    const log = new MemoryLog();
    log.beforeWrite = (type) => {
      if (type === 'chat_accepted') log.events.push(said('x'), claimOf(2));
    };
    expect(await runOf(log, fixedAgent(['nunca'])).run()).toBe('settled');
    expect(log.types).toEqual(['chat_accepted', 'claim']);
  });

  test.each(['claim', 'chat', 'chat_complete'])('leaves when it is fenced at its %s', async (at) => {
    const log = new MemoryLog(said('x'));
    log.beforeWrite = (type) => {
      if (type === at) log.events.push(claimOf(1));
    };
    const agent = new ScriptedAgent();
    const run = runOf(log, agent).run();
    const left = expect(run).rejects.toBeInstanceOf(FencedError);
    if (at !== 'claim') {
      const call = await agent.nextCall();
      call.say('um');
      call.end();
    }
    await left;
    expect(agent.calls.every(({ request }) => request.signal.aborted)).toBe(true);
    expect(log.types.at(-1)).toBe('claim');
  });

  test('looks for a cancel once more before it writes the end', async () => {
    const log = new MemoryLog(said('x'));
    const cancelRequested = () => Promise.resolve(log.types.includes('chat'));
    expect(await runOf(log, fixedAgent(['tudo']), { cancelRequested }).run()).toBe('settled');
    expect(log.events.at(-1)?.data).toMatchObject({ status: 'cancelled', content: 'tudo' });
  });

  test('ends cancelled also where it would have failed', async () => {
    const log = new MemoryLog(said('x'));
    const agent = new ScriptedAgent();
    let cancelled = false;
    const run = runOf(log, agent, { cancelRequested: () => Promise.resolve(cancelled) }).run();
    const call = await agent.nextCall();
    cancelled = true;
    call.fail(new Error('boom'));
    expect(await run).toBe('settled');
    expect(log.events.at(-1)?.data).toMatchObject({ status: 'cancelled', content: '' });
  });

  test('finishes the write under way before it hands over', async () => {
    const log = new MemoryLog(said('x'));
    const agent = new ScriptedAgent();
    const run = runOf(log, agent);
    log.beforeWrite = (type) => {
      if (type === 'chat') run.stop('draining');
    };
    const outcome = run.run();
    (await agent.nextCall()).say('um');
    expect(await outcome).toBe('given_back');
    expect(log.types).toEqual(['chat_accepted', 'claim', 'chat', 'handover']);
  });

  test('that has claimed nothing yet is given back without a word', async () => {
    const log = new MemoryLog(said('x'));
    const run = runOf(log, fixedAgent(['nunca']));
    run.stop('draining');
    expect(await run.run()).toBe('given_back');
    expect(log.types).toEqual(['chat_accepted']);
  });

  test('ends nothing while it can not know whether it was cancelled', async () => {
    const log = new MemoryLog(said('x'));
    const cancelRequested = () => Promise.reject(new UnavailableError('cancel'));
    await expect(runOf(log, fixedAgent(['x']), { cancelRequested }).run()).rejects.toThrow(UnavailableError);
    expect(log.types).toEqual(['chat_accepted', 'claim']);
  });

  test('continues only after what is in the log, as of its first claim', async () => {
    const chunk = { role: 'assistant', content: 'um ', agent_id: 'a', agent_name: 'A', chunk: true } as const;
    const log = new MemoryLog(
      said('x'),
      { type: 'claim', data: { attempt: 1, worker: 'other', item: 1, as_of: 2 } },
      { type: 'chat', data: { ...chunk, request_id: 'r', chunk_index: 0 } },
    );
    const seen: number[] = [];
    const investigationsAsOf = (asOf: number) => {
      seen.push(asOf);
      return { events: () => Promise.resolve([]) };
    };
    await runOf(log, fixedAgent(['um ', 'dois']), { investigationsAsOf }).run();
    expect(seen).toEqual([2]);
    expect(log.events.slice(3)).toMatchObject([
      { type: 'claim', data: { attempt: 2, as_of: 2 } },
      { type: 'chat', data: { content: 'dois', chunk_index: 1 } },
      { type: 'chat_complete', data: { content: 'um dois' } },
    ]);
  });
});
