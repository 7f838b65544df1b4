import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Agent } from '../../chat-worker/agents/agent.ts';
import { IS_CLUSTER } from '../support/broker-count.ts';
import { freshId } from '../support/fresh-id.ts';
import { scriptedIdentity } from '../support/scripted-agent.ts';
import { System } from '../support/system.ts';

/** Three brokers write everything three times, and on a small machine all on the same cores. */
const SESSIONS = IS_CLUSTER ? 200 : 1_000;
const CHUNKS = 12;
/** A standstill, not slowness, is what fails here: two cores may be busy with other things. */
const CROWD_DEADLINE_MS = 90_000;

/** Says the asker's own words again and again, so that whatever ends up elsewhere is recognised. */
const parrot: Agent = {
  route: () => scriptedIdentity,
  async *answer(request, _identity, after) {
    if (after !== '') throw new Error('nothing dies here, so nothing is continued');
    for (let index = 0; index < CHUNKS; index += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      yield `${request.message} `;
    }
  },
};

let system: System;
beforeAll(async () => {
  system = await System.start({
    gateways: 2,
    workers: 2,
    agent: parrot,
    environment: { WORKER_CONCURRENCY: '600' },
  });
});
afterAll(() => system[Symbol.asyncDispose]());

describe(`${SESSIONS} sessions at once`, () => {
  it('complete all, and none sees a word of another', { timeout: 120_000 }, async () => {
    const names = Array.from({ length: SESSIONS }, () => freshId('many'));
    const sockets = await Promise.all(
      names.map((name, index) => system.openChat(name, { gateway: index % 2 })),
    );
    for (const [index, socket] of sockets.entries()) {
      socket.send({ type: 'chat', id: 'q', data: { message: `marca-${names[index]}` } });
    }
    await Promise.all(
      sockets.map((socket) =>
        socket.until(({ type }) => type === 'chat_complete' || type === 'error', CROWD_DEADLINE_MS),
      ),
    );
    for (const [index, socket] of sockets.entries()) {
      const marker = `marca-${names[index]}`;
      const frames = socket.frames.slice(1);
      expect(frames.at(-1)).toMatchObject({ type: 'chat_complete' });
      expect(frames.at(-1)?.data['content']).toBe(`${marker} `.repeat(CHUNKS));
      const foreign = JSON.stringify(frames)
        .replaceAll(marker, '')
        .match(/marca-/g);
      expect(foreign).toBeNull();
    }
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});
