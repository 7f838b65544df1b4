import { expect, test } from 'vitest';
import type { GatewayEvents } from '../../../../gateway/events.ts';
import { Channel, type ChannelDependencies } from '../../../../gateway/outbound/channel.ts';
import { cursorOf } from '../../../../gateway/outbound/frames.ts';
import { FrameLog } from '../../../../gateway/outbound/frame-log.ts';
import type { LiveMessage, StreamBounds } from '../../../../shared/bus/bus.ts';
import { decodeCursor, type Position } from '../../../../shared/channel/position.ts';

interface Stage {
  readonly channel: Channel;
  /** What the broker says of the stream. */
  bounds: StreamBounds;
  deliver(sequence: number, previousSequence: number): void;
  /** Where a socket stands that got everything so far. */
  standing(): Position;
}

/** A channel with one socket, on a stream of ten events. */
async function openChannel(): Promise<Stage> {
  let onLive: (message: LiveMessage) => void = () => undefined;
  let last: Uint8Array | undefined;
  const stage: Stage = {
    bounds: { first: 1, last: 10, epoch: 'AAAAAAAA' },
    deliver: (sequence, previousSequence) =>
      onLive({ subject: 's', sequence, previousSequence, data: Buffer.from('{}'), header: () => undefined }),
    standing: () => decodeCursor(cursorOf(last ?? Buffer.alloc(0))) ?? expect.unreachable(),
    channel: new Channel(
      {
        wireName: 'session',
        stream: 'SESSIONS',
        id: 's1',
        relay: { frames: ({ data }) => ({ durable: data }) },
      },
      {
        bus: {
          subscribeLive: (_subject: string, onMessage: typeof onLive) => {
            onLive = onMessage;
            return () => undefined;
          },
          bounds: () => Promise.resolve(stage.bounds),
        },
        events: { messagesSent: () => undefined, catchUpFailed: () => undefined } as unknown as GatewayEvents,
        frames: new FrameLog(64 * 1024),
        settleClock: { add: () => undefined, remove: () => undefined },
        readsOf: () => ({ read: () => Promise.resolve(true) }),
      } as unknown as ChannelDependencies,
    ),
  };
  await stage.channel.open();
  const receiver = {
    push: (frame: Uint8Array | string) => {
      last = Buffer.from(frame);
      return true;
    },
    lost: () => undefined,
  };
  stage.channel.attach(receiver, undefined);
  return stage;
}

const untilRead = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who stands where the channel sent something is near, as long as it is at hand', async () => {
  const stage = await openChannel();
  stage.deliver(11, 0);
  const standing = stage.standing();
  stage.deliver(12, 11);
  expect(stage.channel.isNear(standing)).toBe(true);
  expect(stage.channel.isNear(stage.standing())).toBe(true);
  expect(stage.channel.isNear({ ...standing, base: 9 })).toBe(false);
  stage.channel.forgetRecent();
  expect(stage.channel.isNear(standing)).toBe(false);
});

test('who stands in storage that is gone is not near, also when nothing came of the new one yet', async () => {
  const stage = await openChannel();
  stage.deliver(11, 0);
  const standing = stage.standing();
  stage.deliver(12, 11);
  stage.bounds = { first: 1, last: 40, epoch: 'BBBBBBBB' };
  stage.channel.reader.catchUp();
  await untilRead();
  expect(stage.channel.position).toMatchObject({ epoch: 'BBBBBBBB', base: 40 });
  expect(stage.channel.isNear(standing)).toBe(false);
  stage.channel[Symbol.dispose]();
});
