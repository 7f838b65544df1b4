import { describe, expect, test } from 'vitest';
import { GatewayEvents } from '../../../../gateway/events.ts';
import { GatewayMetrics } from '../../../../gateway/metrics.ts';
import { Attachment, type AttachedChannel } from '../../../../gateway/outbound/attachment.ts';
import type { ChannelEvent } from '../../../../shared/channel/channel-reader.ts';
import { createLogger } from '../../../../shared/telemetry/logger.ts';
import { MetricRegistry } from '../../../../shared/telemetry/metrics.ts';
import { Scraped } from '../../../support/prometheus.ts';

const position = { epoch: 'abcdefgh', base: 0, above: [] };
const eventAt = (sequence: number): ChannelEvent => ({
  subject: 'session.s.notification',
  sequence,
  data: Buffer.from('{}'),
  header: () => undefined,
});

/** A channel with three stored events, and a reader that takes as many frames as it is told to. */
function slowReader(room: number) {
  const registry = new MetricRegistry('gateway');
  const events = new GatewayEvents(createLogger('test', 'silent'), new GatewayMetrics(registry), undefined);
  const reader = {
    room,
    push(): boolean {
      if (this.room === 0) return false;
      this.room -= 1;
      return true;
    },
    lost: () => undefined,
  };
  const channel: AttachedChannel = {
    wireName: 'session',
    position,
    hasLevel: true,
    bounds: () => Promise.resolve({ first: 1, last: 3, epoch: position.epoch }),
    read: (from, to, onEvent) => {
      for (let sequence = from; sequence <= to; sequence += 1) {
        if (!onEvent(eventAt(sequence))) return Promise.resolve(false);
      }
      return Promise.resolve(true);
    },
    frameOf: () => ({ frame: Buffer.from('{}'), type: 'notification' }),
    join: ({ onLevel }) => {
      onLevel({ recovered: true });
      return () => undefined;
    },
    setLevel: () => undefined,
    watch: (why) => events.catchUpBegun('session', why),
    catchUpFailed: () => undefined,
  };
  const value = async (name: string): Promise<number | undefined> =>
    new Scraped((await registry.scrape()).body).value(name);
  return { reader, attachment: new Attachment(channel, reader), value };
}

const untilRead = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a reader that does not keep up', () => {
  test('is lagging from the moment it falls behind until it has drained', async () => {
    const { reader, attachment, value } = slowReader(3);
    attachment.fellBehind();
    expect(await value('rt_ws_lagging')).toBe(1);
    expect(await value('rt_ws_lags_total')).toBe(1);
    reader.room = 1;
    attachment.drained();
    await untilRead();
    // One more event went out, then it was full again: the same lag, another time behind.
    expect(await value('rt_ws_lagging')).toBe(1);
    expect(await value('rt_ws_lags_total')).toBe(2);
    expect(await value('rt_stream_replayed_total')).toBe(1);
    reader.room = 10;
    attachment.drained();
    await untilRead();
    expect(await value('rt_ws_lagging')).toBe(0);
    expect(await value('rt_stream_replayed_total')).toBe(3);
    attachment[Symbol.dispose]();
    expect(await value('rt_ws_lagging')).toBe(0);
  });

  test('is counted no more when its socket is gone', async () => {
    const { attachment, value } = slowReader(0);
    attachment.fellBehind();
    attachment[Symbol.dispose]();
    attachment[Symbol.dispose]();
    expect(await value('rt_ws_lagging')).toBe(0);
  });
});
