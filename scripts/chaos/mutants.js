/**
 * Bugs that somebody might well write, each planted as a replacement or two. The tests are worth
 * something only if every one of them is caught.
 *
 * @typedef {{ file: string, search: string, replace: string }} Edit
 * @typedef {Edit & { name: string, by: 'chaos' | 'simulation', also?: Edit }} Mutant
 */

/** @type {readonly Mutant[]} */
export const MUTANTS = [
  {
    name: 'no expected sequence: a worker that wakes writes on',
    by: 'chaos',
    file: 'chat-worker/outbound/bus-chat-log.ts',
    search: '      expectedLastSequence: this.#lastSequence,\n',
    replace: '',
  },
  {
    name: 'the live path is the captured subject, not the republished one',
    by: 'chaos',
    file: 'shared/bus/nats-bus.ts',
    search:
      'return this.#subscribe(liveSubject(subject), new LiveMessages(), onMessage, options?.queueGroup);',
    replace: `void LiveMessages;
    return this.#subscribe(subject, AS_TOLD, ({ subject: name, data }) => {
      void this.lastOf(this.#streamBehind(name), name).then((stored) => {
        const place = { sequence: stored?.sequence ?? 0, previousSequence: 0 };
        onMessage({ subject: name, ...place, data, header: (header) => stored?.header(header) });
      });
    }, options?.queueGroup);`,
  },
  {
    name: 'a refused write is never recognised as an earlier try of its own',
    by: 'simulation',
    file: 'shared/bus/publish-stored.ts',
    search: `  if (last?.header('Nats-Msg-Id') === options.messageId) return last.sequence;\n`,
    replace: '',
  },
  {
    name: 'an unfinished chat that is silent is not looked up',
    by: 'simulation',
    file: 'gateway/session/watch-sessions.ts',
    search: '      if (session.runningChats.size > 0) void this.#checkChats(session);\n',
    replace: '',
  },
  {
    name: 'a channel subscribes after it has looked where the stream ends',
    by: 'simulation',
    file: 'gateway/outbound/channel.ts',
    search: `    this.#unsubscribe = bus.subscribeLive(this.#filter, (message) => {
      this.#reader.onLive(message);
    });
    // The broker handles this after the subscription, so nothing falls between the two.
    await untilAvailable(() => this.#reader.open(), OPEN_DEADLINE_MS);
`,
    replace: `    await untilAvailable(() => this.#reader.open(), OPEN_DEADLINE_MS);
    this.#unsubscribe = bus.subscribeLive(this.#filter, (message) => {
      this.#reader.onLive(message);
    });
`,
  },
  {
    name: 'nothing is caught up on after a reconnect',
    by: 'simulation',
    file: 'gateway/outbound/settle-clock.ts',
    search: `if (status === 'connected') reader.catchUp();`,
    replace: `if (status === 'connected') continue;`,
  },
  {
    name: 'the queue is told that the chat is done before its end is stored',
    by: 'chaos',
    file: 'chat-worker/inbound/running-chats.ts',
    search: `      if ((await this.#run(item, ids)) === 'given_back') item.giveBack();`,
    replace: `      await this.#acknowledge(item, ids);
      if ((await this.#run(item, ids)) === 'given_back') item.giveBack();`,
  },
  {
    name: 'what a slow socket has no room for is dropped',
    by: 'simulation',
    file: 'gateway/outbound/channel.ts',
    search: '        attachment.fellBehind();\n        continue;\n',
    replace: '        continue;\n',
  },
  {
    name: 'attempts are counted from deliveries, not from claims',
    by: 'chaos',
    file: 'chat-worker/chat/verdict.ts',
    search: `  if (log.attempts >= MAX_ATTEMPTS) {
    return { kind: 'fail', failure: { reason: 'attempts_exhausted', retryable: true } };
  }
  return { kind: 'claim', attempt: log.attempts + 1 };`,
    replace: `  if (chat.deliveryCount > MAX_ATTEMPTS) {
    return { kind: 'fail', failure: { reason: 'attempts_exhausted', retryable: true } };
  }
  return { kind: 'claim', attempt: chat.deliveryCount };`,
  },
  {
    name: 'repeats are told apart by the dedupe window alone',
    by: 'chaos',
    file: 'gateway/inbound/accept-chat.ts',
    search: `    if (draft.named && (await withinDeadline(bus.lastOf(stream, log), deadline)) !== undefined) return false;
`,
    replace: '',
    also: {
      file: 'chat-worker/chat/verdict.ts',
      search: `  if (log.ended) return { kind: 'drop', reason: 'ended' };
  // A second item of the same chat must never fence the worker that runs it.
  if (log.item !== undefined && log.item !== chat.item) return { kind: 'drop', reason: 'duplicate' };
`,
      replace: '',
    },
  },
  {
    name: 'a socket that resumes starts where the channel stands, not at its own cursor',
    by: 'chaos',
    file: 'gateway/session/open-connection.ts',
    search: 'connection.attach(channel, start?.position);',
    replace: 'connection.attach(channel, undefined);',
  },
  {
    name: 'whose session it is is not asked of who resumes',
    by: 'chaos',
    file: 'gateway/session/access.ts',
    search: 'if (this.mayStay(connection, session)) return true;',
    replace: 'if (session !== undefined) return true;',
  },
  {
    name: 'the reader drops what is below the highest sequence it has seen',
    by: 'simulation',
    file: 'shared/channel/delivered.ts',
    search: 'if (event.sequence <= this.#readEnd || (last !== undefined && event.sequence <= last)) return',
    replace: 'if (event.sequence <= this.#highest || (last !== undefined && event.sequence <= last)) return',
  },
  {
    name: 'the base is kept over a disconnection',
    by: 'simulation',
    file: 'shared/channel/channel-reader.ts',
    search: '    this.#generation += 1;\n',
    replace: '',
  },
  {
    name: 'message ids do not name the session',
    by: 'chaos',
    file: 'gateway/inbound/accept-chat.ts',
    search: 'const messageId = `${session.id}:${requestId}:${randomUUID()}`;',
    replace: 'void randomUUID;\n  const messageId = requestId;',
  },
  {
    name: 'the agent is asked before its claim is confirmed',
    by: 'simulation',
    file: 'chat-worker/chat/chat-run.ts',
    search: '    await claim;\n',
    replace: '    claim.catch(() => undefined);\n',
  },
  {
    name: 'a second queue item of a chat fences the worker that runs it',
    by: 'simulation',
    file: 'chat-worker/chat/verdict.ts',
    search: `  if (log.item !== undefined && log.item !== chat.item) return { kind: 'drop', reason: 'duplicate' };\n`,
    replace: '',
  },
];
