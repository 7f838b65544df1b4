import { describe, expect, it } from 'vitest';
import type { GatewayEvents } from '../../../../gateway/events.ts';
import type { ChannelDependencies } from '../../../../gateway/outbound/channel.ts';
import { FrameLog } from '../../../../gateway/outbound/frame-log.ts';
import type { InvestigationChannels } from '../../../../gateway/outbound/investigation-channels.ts';
import type { Presence } from '../../../../gateway/presence/presence.ts';
import type { Access } from '../../../../gateway/session/access.ts';
import type { Connection } from '../../../../gateway/session/connection.ts';
import type { SessionStore } from '../../../../gateway/session/session-store.ts';
import { Sessions } from '../../../../gateway/session/sessions.ts';
import type { LiveMessage } from '../../../../shared/bus/bus.ts';

const LIVE: LiveMessage = {
  subject: 'session.s1.chat.r1',
  sequence: 11,
  previousSequence: 0,
  data: Buffer.from('{"type":"chat","data":{}}'),
  header: () => undefined,
};

/** Sessions beside a broker that brings an event as soon as anybody listens, and a store that may be away. */
function sessionsBeside(store: { answers: boolean; loads?: number }): Sessions {
  let listener: ((message: LiveMessage) => void) | undefined;
  const load = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    listener?.(LIVE);
    store.loads = (store.loads ?? 0) + 1;
    if (!store.answers) throw new Error('out of reach');
    return { state: { subscriptions: [], chats: [], seen_at: 0 }, sequence: 0 };
  };
  const dependencies = {
    bus: {
      shards: { streamOf: () => 'SESSIONS' },
      subscribeLive: (subject: string, onMessage: (message: LiveMessage) => void) => {
        if (subject.startsWith('session.')) listener = onMessage;
        return () => undefined;
      },
      bounds: () => Promise.resolve({ first: 1, last: 10, epoch: 'AAAAAAAA' }),
    },
    events: {
      messagesSent: () => undefined,
      chatEventDelivered: () => undefined,
    } as unknown as GatewayEvents,
    frames: new FrameLog(64 * 1024),
    settleClock: { add: () => undefined, remove: () => undefined },
    readsOf: () => undefined,
  } as unknown as ChannelDependencies;
  return new Sessions(
    { load } as unknown as SessionStore,
    {} as unknown as InvestigationChannels,
    {} as unknown as Access,
    {} as unknown as Presence,
    dependencies,
    60_000,
  );
}

describe('a session whose last socket has left', () => {
  const visitor = { sessionId: 's1', closed: false } as unknown as Connection;
  const refuse = (): Promise<boolean> => Promise.resolve(false);

  it('is kept for who comes back while its frames are at hand', async () => {
    using sessions = sessionsBeside({ answers: true });
    await sessions.enter(visitor, refuse);
    expect(sessions.size).toBe(1);
  });

  it('is not kept when it never opened: who comes back opens it anew', async () => {
    const store = { answers: false };
    using sessions = sessionsBeside(store);
    await expect(sessions.enter(visitor, refuse)).rejects.toThrow('out of reach');
    expect(sessions.size).toBe(0);
    store.answers = true;
    await expect(sessions.enter(visitor, refuse)).resolves.toBeUndefined();
  });
});

describe('the record of a session', () => {
  const visitor = (): Connection => ({ sessionId: 's1', closed: false }) as unknown as Connection;

  it('is not read for who writes it where there is none, but before anybody else is let in', async () => {
    const store = { answers: true, loads: 0 };
    using sessions = sessionsBeside(store);
    let written: (isLetIn: boolean) => void = () => undefined;
    const isWritten = new Promise<boolean>((resolve) => (written = resolve));
    const owner = sessions.enter(visitor(), () => isWritten, true);
    const loadsBefore: number[] = [];
    const admit = (): Promise<boolean> => {
      loadsBefore.push(store.loads);
      return Promise.resolve(false);
    };
    await Promise.all([sessions.enter(visitor(), admit), sessions.enter(visitor(), admit)]);
    expect(loadsBefore).toEqual([1, 1]);
    written(true);
    await expect(owner).resolves.toBeDefined();
  });

  it('is known to all once it is written', async () => {
    const store = { answers: true, loads: 0 };
    using sessions = sessionsBeside(store);
    const letIn = (): Promise<boolean> => Promise.resolve(true);
    await sessions.enter(visitor(), letIn, true);
    await sessions.enter(visitor(), letIn);
    expect(store.loads).toBe(0);
  });
});
