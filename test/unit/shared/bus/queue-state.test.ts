import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { QueueItem } from '../../../../shared/bus/bus.ts';
import { STREAM_NAMES } from '../../../../shared/bus-protocol/streams.ts';
import { StreamWatch } from '../../../../shared/bus/stream-watch.ts';
import { eventually } from '../../../support/eventually.ts';
import { Publisher } from '../../../support/publisher.ts';
import { WorkerRig } from '../../../support/worker-rig.ts';

describe('what the broker says of itself', () => {
  let rig: WorkerRig;
  let publisher: Publisher;
  beforeAll(async () => {
    rig = await WorkerRig.start();
    publisher = await Publisher.connect(rig.nats.url);
  });
  afterAll(async () => {
    await publisher[Symbol.asyncDispose]();
    await rig[Symbol.asyncDispose]();
  });

  test('the queue: who waits, who is taken, and how long the oldest has waited', async () => {
    expect(await rig.bus.queueState()).toEqual({ waiting: 0, taken: 0, oldestWaitMs: 0 });
    for (const id of ['a', 'b', 'c']) await publisher.store(`chat.request.s.${id}`, {});
    const stored = performance.now();
    const full = await rig.bus.queueState();
    expect(full).toMatchObject({ waiting: 3, taken: 0 });
    const later = await eventually(
      () => rig.bus.queueState(),
      ({ oldestWaitMs }) => oldestWaitMs > 100,
    );
    expect(later.oldestWaitMs).toBeLessThan(performance.now() - stored + 1_000);
    const items: QueueItem[] = [];
    await rig.bus.takeQueueItems(2, 1_000, (item) => items.push(item));
    expect(await rig.bus.queueState()).toMatchObject({ waiting: 1, taken: 2 });
    await Promise.all(items.map((item) => item.done()));
    expect(await rig.bus.queueState()).toMatchObject({ waiting: 1, taken: 0 });
    await rig.bus.takeQueueItems(1, 1_000, (item) => void item.done());
    await eventually(
      () => rig.bus.queueState(),
      ({ waiting, taken, oldestWaitMs }) => waiting === 0 && taken === 0 && oldestWaitMs === 0,
    );
  });

  test('a stream that somebody deleted', async () => {
    expect(await rig.bus.missingStreams(STREAM_NAMES)).toEqual([]);
    using watch = new StreamWatch(rig.bus, STREAM_NAMES, 50);
    expect(watch.allThere).toBe(true);
    await publisher.deleteStream('INVESTIGATIONS');
    expect(await rig.bus.missingStreams(STREAM_NAMES)).toEqual(['INVESTIGATIONS']);
    await eventually(
      () => watch.allThere,
      (allThere) => !allThere,
    );
  });
});
